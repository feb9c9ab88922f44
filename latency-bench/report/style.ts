/** What the bench's page adds to the style of the other reports. */
export const BENCH_STYLE = `
h2 { scroll-margin-top: 12px; padding-top: 20px; border-top: 1px solid var(--rule); }
h3 { font-size: 15px; margin: 22px 0 8px; }
nav ul { display: flex; flex-wrap: wrap; gap: 6px; list-style: none; margin: 20px 0 0; padding: 0; }
nav a { display: block; padding: 4px 12px; border-radius: 6px; background: var(--raised); text-decoration: none; }
nav a:hover { text-decoration: underline; } a:focus-visible { outline: 2px solid var(--s0); outline-offset: 2px; }
.warn + .warn { margin-top: 6px; }
.badge { display: inline-block; padding: 0 9px; border-radius: 9px; font-size: 13px; font-weight: 600; border: 1px solid currentColor; white-space: nowrap; }
.chart > svg { display: block; width: 100%; height: auto; }
.chart > .narrow { display: none; }
.chart text { fill: var(--faint); font: 12px system-ui, sans-serif; font-variant-numeric: tabular-nums; }
.chart .grid { stroke: var(--grid); } .chart .minor { stroke: var(--grid); opacity: 0.6; } .chart .axis { stroke: var(--rule); }
.curve { fill: none; stroke-width: 1.9; stroke-linejoin: round; }
.c0 { stroke: var(--s0); } .c1 { stroke: var(--s1); } .c2 { stroke: var(--s2); } .c3 { stroke: var(--s3); } .c4 { stroke: var(--s4); } .c5 { stroke: var(--s5); }
.legend .curve { stroke-width: 2.4; }
.strip line { stroke: var(--rule); } .strip circle { fill: var(--ground); stroke: var(--s0); stroke-width: 1.4; } .strip circle.best { fill: var(--s0); } .strip rect { fill: var(--text); }
.fall { min-width: 260px; padding-left: 16px; } .fall div { height: 15px; background: var(--grid); border-radius: 3px; overflow: hidden; margin-top: 3px; }
.fall i { display: block; height: 100%; background: var(--s0); border-radius: 3px; min-width: 2px; }
tr.sum th, tr.sum td { border-bottom: 0; font-weight: 600; } tr.whole th, tr.whole td { font-weight: 600; }
tr.whole .fall i { background: var(--s1); } tr.sum .fall i { background: var(--s5); }
ul.notes { margin: 10px 0 0; padding-left: 20px; color: var(--faint); font-size: 13.5px; overflow-wrap: anywhere; }
details { margin: 10px 0; } summary { cursor: pointer; font-weight: 600; font-size: 15px; padding: 4px 0; } summary:focus-visible { outline: 2px solid var(--s0); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 0; } .facts dt { color: var(--faint); } .facts dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 600px) {
  .chart > .wide { display: none; } .chart > .narrow { display: block; }
  .facts { grid-template-columns: 1fr; gap: 0; } .facts dd { margin-bottom: 8px; } .fall { min-width: 150px; }
}
@media print { details > * { display: block; } nav { display: none; } .chart { break-inside: avoid; } }
`;
