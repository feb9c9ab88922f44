/**
 * From what `--strategy` names to a strategy that runs. Everything that reads files or waits happens in `prepareStrategy`,
 * before the run; `instantiate` is synchronous and evaluates a user's module anew each time, so that no two instances
 * (several in one run, or a run and its rerun in one process) share a variable.
 */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { compileFunction } from 'node:vm';
import { messageOf, TapeheadError } from '../../core/errors.ts';
import type { AnyStrategyDefinition, ParameterValue } from '../api.ts';
import { budget, DEFAULT_BUDGET_TICKS } from '../budget.ts';
import { failureText, isStackOverflow, type SourceNames } from '../failure.ts';
import { guard, installGuard } from '../guard.ts';
import type { StrategyInstance } from '../instance.ts';
import { NonsenseError, nonsense } from '../nonsense.ts';
import { type GivenParameters, resolveParameters } from '../parameters.ts';
import { SHIPPED } from '../shipped/index.ts';
import { suggestion } from '../suggest.ts';
import { MODULE_PARAMETERS } from './esm.ts';
import { loadBuiltin, loadPackage, type Namespace, TAPEHEAD } from './packages.ts';
import { checkedDefinition, checkedStrategy } from './shape.ts';
import { type ImportTarget, identityOf, readSources, type SourceFile } from './sources.ts';

export interface PreparedStrategy {
  /** As it was named. */
  readonly spec: string;
  readonly kind: 'shipped' | 'module';
  /** The definition's name. */
  readonly name: string;
  /** Of a user's sources and the packages they import; of the name for a shipped strategy. Hex. For the log. */
  readonly sha256: string;
  /** A user's files, in the order of their evaluation; empty for a shipped strategy. */
  readonly files: readonly { readonly path: string; readonly name: string; readonly bytes: Uint8Array }[];
  readonly definition: AnyStrategyDefinition;
  /** Evaluates a user's module anew and returns its definition. */
  define(budgetTicks: number): AnyStrategyDefinition;
}

/** `spec`: the name of a shipped strategy, or the path of a module, from `baseDir`. Throws TapeheadError, of one line. */
export async function prepareStrategy(
  spec: string,
  baseDir: string,
  budgetTicks = DEFAULT_BUDGET_TICKS,
): Promise<PreparedStrategy> {
  installGuard();
  if (Object.hasOwn(SHIPPED, spec)) return prepareDefinition(SHIPPED[spec], spec);
  if (!/[/\\.]/.test(spec)) {
    const names = Object.keys(SHIPPED);
    const known = names.length === 0 ? '' : `; there are ${names.join(', ')}`;
    throw new TapeheadError(
      'USAGE',
      `no strategy is called ${spec}${suggestion(spec, names) || known}; a file is named with its path: ./${spec}.ts`,
    );
  }
  const files = readSources(resolve(baseDir, spec));
  const modules = new UserModules(files, await loadOutside(files));
  const definition = modules.evaluate(budgetTicks);
  return {
    spec,
    kind: 'module',
    name: definition.name,
    sha256: identityOf(files, modules.packageIdentities),
    files,
    definition,
    define: (ticks) => modules.evaluate(ticks),
  };
}

/** Makes the strategy: its module evaluated, `create` called with validated parameters. Throws TapeheadError. */
export function instantiate(
  prepared: PreparedStrategy,
  given: GivenParameters,
  budgetTicks = DEFAULT_BUDGET_TICKS,
): StrategyInstance {
  const definition = prepared.define(budgetTicks);
  const parameters = resolveParameters(definition.parameters, given, `strategy ${definition.name}`);
  const { files } = prepared;
  const sources: SourceNames = new Map(files.map(({ path, name }) => [path, name]));
  const where = files.length === 0 ? definition.name : files[files.length - 1].name;
  const strategy = contained(`${where}: create`, sources, budgetTicks, () => {
    const create = definition.create as unknown as (values: Readonly<Record<string, ParameterValue>>) => unknown;
    return checkedStrategy(create(parameters), where);
  });
  return { definition, strategy, parameters, sources };
}

/** A definition that is there already: a shipped strategy, or one of a program that uses tapehead as a library. */
export function prepareDefinition(definition: AnyStrategyDefinition, spec = definition.name): PreparedStrategy {
  installGuard();
  const checked = checkedDefinition(definition, spec);
  return {
    spec,
    kind: 'shipped',
    name: checked.name,
    sha256: createHash('sha256').update(`shipped\0${spec}`).digest('hex'),
    files: [],
    definition: checked,
    define: () => checked,
  };
}

/** Packages and built-in modules, by file and specifier. */
async function loadOutside(
  files: readonly SourceFile[],
): Promise<Map<string, { namespace: Namespace; identity: string }>> {
  const loaded = new Map<string, { namespace: Namespace; identity: string }>();
  for (const { path, name, targets, compiled } of files) {
    for (const [i, target] of targets.entries()) {
      if (target.kind === 'builtin') {
        loaded.set(outsideKey(path, target), { namespace: await loadBuiltin(target.specifier), identity: '' });
      } else if (target.kind === 'package') {
        const from = `${name}:${compiled.imports[i].line}`;
        loaded.set(outsideKey(path, target), await loadPackage(target.specifier, path, from));
      }
    }
  }
  return loaded;
}

function outsideKey(path: string, target: ImportTarget & { specifier: string }): string {
  return `${path}\0${target.specifier}`;
}

type ModuleFunction = (
  imports: readonly Namespace[],
  exports: (own: Namespace, stars: readonly Namespace[]) => Namespace,
  tick: () => void,
  enter: () => void,
  leave: () => void,
  caught: (thrown: unknown) => void,
) => Namespace;

class UserModules {
  readonly packageIdentities: readonly string[];
  private readonly files: readonly SourceFile[];
  private readonly functions: readonly ModuleFunction[];
  private readonly outside: ReadonlyMap<string, { readonly namespace: Namespace }>;
  private readonly name: string;
  private readonly sourceNames: SourceNames;

  constructor(
    files: readonly SourceFile[],
    outside: ReadonlyMap<string, { readonly namespace: Namespace; readonly identity: string }>,
  ) {
    this.files = files;
    this.outside = outside;
    this.name = files[files.length - 1].name;
    this.sourceNames = new Map(files.map(({ path, name }) => [path, name]));
    this.packageIdentities = [...new Set([...outside.values()].map(({ identity }) => identity))].filter(Boolean).sort();
    this.functions = files.map((file) => functionOf(file));
  }

  /** Evaluates every module, anew, and returns the definition that the named one exports. */
  evaluate(budgetTicks: number): AnyStrategyDefinition {
    return contained(this.name, this.sourceNames, budgetTicks, () => {
      const evaluated = new Map<string, Namespace>();
      this.files.forEach((file, i) => {
        const imports = file.targets.map((target, at) => {
          const namespace = this.namespaceOf(target, file, evaluated);
          checkNames(namespace, file, at, target);
          return namespace;
        });
        evaluated.set(file.path, this.functions[i](imports, joinExports, tick, enter, leave, caught));
      });
      return checkedDefinition(evaluated.get(this.files[this.files.length - 1].path)?.default, this.name);
    });
  }

  private namespaceOf(target: ImportTarget, file: SourceFile, evaluated: ReadonlyMap<string, Namespace>): Namespace {
    if (target.kind === 'tapehead') return TAPEHEAD;
    const found =
      target.kind === 'file' ? evaluated.get(target.path) : this.outside.get(outsideKey(file.path, target))?.namespace;
    return found ?? {};
  }
}

function functionOf(file: SourceFile): ModuleFunction {
  try {
    return compileFunction(file.compiled.code, MODULE_PARAMETERS, { filename: file.path }) as unknown as ModuleFunction;
  } catch (error) {
    throw new TapeheadError('USAGE', `${file.name}: ${messageOf(error)}`);
  }
}

/** Every name that the file imports must be there. */
function checkNames(namespace: Namespace, file: SourceFile, at: number, target: ImportTarget): void {
  const { names, specifier, line } = file.compiled.imports[at];
  for (const name of names) {
    if (Object.hasOwn(namespace, name)) continue;
    const hint =
      target.kind === 'tapehead'
        ? suggestion(name, Object.keys(namespace)) || `; a type is imported with import type { ${name} }`
        : '';
    throw new TapeheadError('USAGE', `${file.name}:${line}: ${specifier} exports no ${name}${hint}`);
  }
}

/** A module's namespace: its own exports and those of `export * from` that it does not have itself, by name. */
function joinExports(own: Namespace, stars: readonly Namespace[]): Namespace {
  const getters = new Map<string, () => unknown>();
  for (const star of [...stars].reverse()) {
    for (const name of Object.keys(star)) if (name !== 'default') getters.set(name, () => star[name]);
  }
  for (const name of Object.keys(own)) getters.set(name, () => own[name]);
  const namespace: Record<string, unknown> = Object.create(null);
  for (const name of [...getters.keys()].sort()) {
    Object.defineProperty(namespace, name, { get: getters.get(name) as () => unknown, enumerable: true });
  }
  return Object.freeze(namespace);
}

const tick = (): void => budget.tick();
const enter = (): void => budget.enter();
const leave = (): void => budget.leave();

/** At the head of a catch clause: what stops a strategy is not its own to catch. */
function caught(thrown: unknown): void {
  const isStop = thrown === budget.exceeded || thrown === guard.violation || thrown instanceof NonsenseError;
  if (isStop || (guard.fatal !== null && thrown === guard.fatal)) throw thrown;
  if (isStackOverflow(thrown)) throw budget.stackOverflow();
}

/** Runs code of the strategy before the run: under guard and budget, failures as one line. */
function contained<Result>(where: string, sources: SourceNames, budgetTicks: number, work: () => Result): Result {
  guard.violation = null;
  nonsense.first = null;
  budget.start(budgetTicks);
  guard.active = true;
  try {
    const result = work();
    const stopped = budget.exceeded ?? guard.violation ?? nonsense.first;
    if (stopped !== null) throw stopped;
    return result;
  } catch (error) {
    if (error instanceof TapeheadError) throw error;
    const cause =
      budget.exceeded ?? (isStackOverflow(error) ? budget.stackOverflow() : null) ?? guard.violation ?? error;
    const text = failureText(cause, sources);
    throw new TapeheadError('USAGE', `${where}: ${text}`);
  } finally {
    guard.active = false;
  }
}
