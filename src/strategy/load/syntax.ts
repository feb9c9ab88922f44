/** A module's syntax tree: parsing with messages for people, and walking. */
import { type AnyNode, type Identifier, type Pattern, type Program, parse } from 'acorn';
import { TapeheadError } from '../../core/errors.ts';

export type { AnyNode, Program };

/** `name`: what messages call the file. */
export function parseModule(source: string, name: string): Program {
  try {
    return parse(source, {
      ecmaVersion: 'latest',
      sourceType: 'module',
      locations: true,
      preserveParens: true,
      allowHashBang: true,
    });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { line, column } = (error as SyntaxError & { loc: { line: number; column: number } }).loc;
    const message = error.message.replace(/ \(\d+:\d+\)$/, '');
    throw new TapeheadError('USAGE', `${name}:${line}:${column + 1}: ${message}`);
  }
}

/** `file:line` of a node. */
export function placeOf(name: string, node: { readonly loc?: { start: { line: number } } | null | undefined }): string {
  return `${name}:${node.loc?.start.line ?? 0}`;
}

/** Calls `visit` for each node, parents first, children in the order of the text. */
export function walk(node: AnyNode, visit: (node: AnyNode, parent: AnyNode | null, key: string) => void): void {
  walkFrom(node, null, '', visit);
}

function walkFrom(
  node: AnyNode,
  parent: AnyNode | null,
  key: string,
  visit: (node: AnyNode, parent: AnyNode | null, key: string) => void,
): void {
  visit(node, parent, key);
  for (const [name, value] of Object.entries(node)) {
    if (Array.isArray(value)) {
      for (const child of value) if (isNode(child)) walkFrom(child, node, name, visit);
    } else if (isNode(value)) {
      walkFrom(value, node, name, visit);
    }
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

/** The identifiers that a pattern binds. */
export function bindingsOf(pattern: Pattern | null): Identifier[] {
  if (pattern === null) return [];
  switch (pattern.type) {
    case 'Identifier':
      return [pattern];
    case 'ObjectPattern':
      return pattern.properties.flatMap((one) => bindingsOf(one.type === 'RestElement' ? one.argument : one.value));
    case 'ArrayPattern':
      return pattern.elements.flatMap((one) => bindingsOf(one));
    case 'RestElement':
      return bindingsOf(pattern.argument);
    case 'AssignmentPattern':
      return bindingsOf(pattern.left);
    default:
      return [];
  }
}

/** Every name that the module binds, at any depth. */
export function namesBound(program: Program): Set<string> {
  const names = new Set<string>();
  const add = (pattern: Pattern | null): void => {
    for (const { name } of bindingsOf(pattern)) names.add(name);
  };
  walk(program, (node) => {
    switch (node.type) {
      case 'VariableDeclarator':
        add(node.id);
        break;
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        if (node.id != null) names.add(node.id.name);
        for (const parameter of node.params) add(parameter);
        break;
      case 'ClassDeclaration':
      case 'ClassExpression':
        if (node.id != null) names.add(node.id.name);
        break;
      case 'CatchClause':
        add(node.param ?? null);
        break;
      case 'ImportSpecifier':
      case 'ImportDefaultSpecifier':
      case 'ImportNamespaceSpecifier':
        names.add(node.local.name);
        break;
      default:
        break;
    }
  });
  return names;
}

/** Whether an identifier stands for a variable, and not for a key, a label or a name of an export. */
export function isReference(node: AnyNode, parent: AnyNode | null, key: string): node is Identifier {
  if (node.type !== 'Identifier' || parent === null) return false;
  switch (parent.type) {
    case 'MemberExpression':
      return key === 'object' || parent.computed;
    case 'Property':
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return key === 'value' || parent.computed;
    case 'LabeledStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
    case 'MetaProperty':
    case 'ImportSpecifier':
    case 'ImportDefaultSpecifier':
    case 'ImportNamespaceSpecifier':
    case 'ExportAllDeclaration':
      return false;
    case 'ExportSpecifier':
      return key === 'local';
    default:
      return true;
  }
}
