/**
 * Turns the text of an ES module into the body of a function that evaluates it at once: imports become constants at its
 * head, exports an object of getters at its end. Lines stay where they are. A function, and not an import() of the text,
 * because a strategy is evaluated anew for every instance, in one go and under the guard.
 *
 * An import takes the value that the export has once its module is evaluated (modules that import each other in a circle
 * are refused). An export that is assigned later from inside a function could differ from that: it is refused by name.
 */
import type {
  ExportAllDeclaration,
  ExportDefaultDeclaration,
  ExportNamedDeclaration,
  Identifier,
  ImportDeclaration,
  Literal,
} from 'acorn';
import { TapeheadError } from '../../core/errors.ts';
import { Edits } from './edits.ts';
import { CAUGHT, ENTER, instrument, LEAVE, TICK } from './instrument.ts';
import { type AnyNode, bindingsOf, type Program, placeOf, walk } from './syntax.ts';

/** The parameters of the function, in order. */
export const MODULE_PARAMETERS: readonly string[] = [
  '__tapehead_imports',
  '__tapehead_exports',
  TICK,
  ENTER,
  LEAVE,
  CAUGHT,
];

const DEFAULT = '__tapehead_default';

/** A module that is imported, and the names that are asked of it. */
export interface ImportRequest {
  readonly specifier: string;
  readonly line: number;
  readonly names: string[];
}

export interface CompiledModule {
  /** Body of the function; its value is the module's namespace. */
  readonly code: string;
  /** By the index that the code uses. */
  readonly imports: readonly ImportRequest[];
}

export function compileModule(source: string, program: Program, name: string): CompiledModule {
  return new Compiler(source, program, name).run();
}

class Compiler {
  private readonly source: string;
  private readonly program: Program;
  private readonly name: string;
  private readonly edits = new Edits();
  private readonly imports: ImportRequest[] = [];
  private head = '"use strict";';
  /** `get "name"(){return expression}` of each export. */
  private readonly getters: string[] = [];
  private readonly stars: string[] = [];
  /** Names of variables that are exported and may be assigned, with the statement that exports them. */
  private readonly assignable = new Map<string, AnyNode>();

  constructor(source: string, program: Program, name: string) {
    this.source = source;
    this.program = program;
    this.name = name;
  }

  run(): CompiledModule {
    for (const node of this.program.body) {
      if (node.type === 'ImportDeclaration') this.takeImport(node);
      else if (node.type === 'ExportNamedDeclaration') this.takeExport(node);
      else if (node.type === 'ExportDefaultDeclaration') this.takeDefault(node);
      else if (node.type === 'ExportAllDeclaration') this.takeStar(node);
    }
    this.refuseLateAssignments();
    instrument(this.program, this.edits);
    const hashBang = /^#!.*/.exec(this.source)?.[0].length ?? 0;
    const text = this.edits.apply(this.source).slice(hashBang);
    const tail = `return __tapehead_exports({__proto__:null,${this.getters.join(',')}},[${this.stars.join(',')}]);`;
    return { code: `${this.head}${text}\n;${tail}`, imports: this.imports };
  }

  private request(source: Literal, names: string[]): string {
    const at = this.imports.length;
    this.imports.push({ specifier: String(source.value), line: source.loc?.start.line ?? 0, names });
    const variable = `__tapehead_${at}`;
    this.head += `const ${variable}=__tapehead_imports[${at}];`;
    return variable;
  }

  private takeImport(node: ImportDeclaration): void {
    const names: string[] = [];
    const variable = this.request(node.source, names);
    for (const one of node.specifiers) {
      if (one.type === 'ImportNamespaceSpecifier') {
        this.head += `const ${one.local.name}=${variable};`;
        continue;
      }
      const name = one.type === 'ImportDefaultSpecifier' ? 'default' : nameOf(one.imported);
      names.push(name);
      this.head += `const ${one.local.name}=${variable}[${JSON.stringify(name)}];`;
    }
    this.edits.replace(node.start, node.end, ';');
  }

  private takeExport(node: ExportNamedDeclaration): void {
    const { declaration } = node;
    if (declaration != null) {
      this.edits.replace(node.start, declaration.start, '');
      const names: Identifier[] =
        declaration.type === 'VariableDeclaration'
          ? declaration.declarations.flatMap((one) => bindingsOf(one.id))
          : [declaration.id];
      const isConst = declaration.type === 'VariableDeclaration' && declaration.kind === 'const';
      for (const { name } of names) {
        this.addGetter(name, name);
        if (!isConst) this.assignable.set(name, node);
      }
      return;
    }
    const requested: string[] = [];
    const variable = node.source == null ? null : this.request(node.source, requested);
    for (const one of node.specifiers) {
      const local = nameOf(one.local);
      if (variable === null) {
        this.addGetter(nameOf(one.exported), local);
        this.assignable.set(local, node);
      } else {
        requested.push(local);
        this.addGetter(nameOf(one.exported), `${variable}[${JSON.stringify(local)}]`);
      }
    }
    this.edits.replace(node.start, node.end, ';');
  }

  private takeDefault(node: ExportDefaultDeclaration): void {
    const { declaration } = node;
    const isDeclaration = declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration';
    if (isDeclaration && declaration.id != null) {
      this.edits.replace(node.start, declaration.start, '');
      this.addGetter('default', declaration.id.name);
      this.assignable.set(declaration.id.name, node);
      return;
    }
    // As the value of a key, an anonymous function or class is called "default", as it should be.
    this.edits.replace(node.start, declaration.start, `const ${DEFAULT}={default:`);
    this.edits.wrap(declaration.start, '', declaration.end, '}.default;');
    this.addGetter('default', DEFAULT);
  }

  private takeStar(node: ExportAllDeclaration): void {
    const variable = this.request(node.source, []);
    if (node.exported == null) this.stars.push(variable);
    else this.addGetter(nameOf(node.exported), variable);
    this.edits.replace(node.start, node.end, ';');
  }

  private addGetter(exported: string, expression: string): void {
    this.getters.push(`get ${JSON.stringify(exported)}(){return ${expression}}`);
  }

  /** Assignments inside of functions to a name that is exported (or to a local one that hides it, which is as confusing). */
  private refuseLateAssignments(): void {
    if (this.assignable.size === 0) return;
    const check = (pattern: AnyNode): void => {
      for (const target of pattern.type === 'Identifier' ? [pattern] : bindingsOf(pattern as never)) {
        if (!this.assignable.has(target.name)) continue;
        throw new TapeheadError(
          'USAGE',
          `${placeOf(this.name, target)}: ${target.name} is exported and assigned inside a function: export a function that returns it`,
        );
      }
    };
    for (const statement of this.program.body) {
      walk(statement, (node) => {
        if (!isFunction(node)) return;
        walk(node, (inner) => {
          if (inner.type === 'AssignmentExpression') check(inner.left);
          else if (inner.type === 'UpdateExpression') check(inner.argument);
          else if ((inner.type === 'ForInStatement' || inner.type === 'ForOfStatement') && isPattern(inner.left)) {
            check(inner.left);
          }
        });
      });
    }
  }
}

function isFunction(node: AnyNode): boolean {
  return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type);
}

function isPattern(node: AnyNode): boolean {
  return node.type !== 'VariableDeclaration';
}

function nameOf(node: Identifier | Literal): string {
  return node.type === 'Identifier' ? node.name : String(node.value);
}
