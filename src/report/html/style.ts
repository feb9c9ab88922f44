/** The page's style. Colours: Okabe and Ito's set, told apart with any colour vision, adjusted for contrast on each ground. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --raised: #f5f6f8; --text: #16191d; --faint: #59616b; --rule: #d9dde2; --grid: #e8ebee;
  --s0: #0062a3; --s1: #b84e00; --s2: #00745a; --s3: #8a4a9b; --s4: #6b5a00; --s5: #5b6470;
  --buy: #0062a3; --sell: #b84e00; --line: #59616b; --good: #00664f; --bad: #a93a00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12151a; --raised: #1b2027; --text: #e8ebef; --faint: #a0a9b4; --rule: #323a44; --grid: #262d36;
    --s0: #62b8ee; --s1: #f2a15c; --s2: #4cc9a3; --s3: #d3a0e2; --s4: #e0cf5a; --s5: #aab3be;
    --buy: #62b8ee; --sell: #f2a15c; --line: #a0a9b4; --good: #4cc9a3; --bad: #ff9f6b;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 24px 20px 64px; }
h1 { font-size: 22px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 40px 0 12px; }
p { margin: 0 0 8px; }
.faint, .note { color: var(--faint); }
.note { font-size: 13px; margin: 4px 0 14px; }
.warn { border-left: 4px solid var(--bad); padding: 6px 12px; background: var(--raised); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(165px, 1fr)); gap: 12px; margin: 12px 0 0; padding: 0; }
header + .tiles, .faint + .tiles, .warn + .tiles { margin-top: 20px; }
.tiles div { background: var(--raised); border-radius: 6px; padding: 10px 14px; min-width: 0; }
.tiles dt { color: var(--faint); font-size: 13px; }
.tiles dd { margin: 0; font-size: 20px; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; line-height: 1.3; }
.tiles small { display: block; color: var(--faint); font-size: 12.5px; line-height: 1.35; }
.good { color: var(--good); } .bad { color: var(--bad); }
figure { margin: 0 0 22px; }
figcaption { display: flex; flex-wrap: wrap; gap: 2px 16px; align-items: baseline; margin-bottom: 4px; }
figcaption strong { font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 13px; color: var(--faint); }
.legend svg { vertical-align: -1px; margin-right: 5px; }
.readout { font-size: 13px; font-variant-numeric: tabular-nums; min-height: 20px; width: 100%; color: var(--text); }
canvas { display: block; width: 100%; height: 240px; touch-action: pan-y; border-radius: 4px; }
canvas.low { height: 140px; }
canvas:focus-visible { outline: 2px solid var(--s0); outline-offset: 2px; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid var(--s0); }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
th, td { padding: 4px 0 4px 16px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--rule); vertical-align: top; }
th { font-weight: 600; } thead th { color: var(--faint); font-weight: 500; }
th:first-child, td.text { text-align: left; } td.text { white-space: normal; min-width: 12em; }
th:first-child { padding-left: 0; }
a { color: var(--s0); }
@media (max-width: 600px) { main { padding: 16px 14px 48px; } .tiles { grid-template-columns: 1fr 1fr; } .tiles dd { font-size: 17px; } canvas { height: 200px; } th:first-child { white-space: normal; min-width: 7em; } }
@media print { canvas { break-inside: avoid; } }
`;
