/** What a strategy's source may not contain, each with its reason: found before anything of it runs. */
import { TapeheadError } from '../../core/errors.ts';
import { type AnyNode, isReference, namesBound, type Program, placeOf, walk } from './syntax.ts';

const FROM_TEXT = 'code made from text is not counted by the budget: write it in the file';
const ONE_GO = 'callbacks run in one go: no promises; use ctx.setTimer and onTimer';
const ESM = 'a strategy is an ES module: use import and export';
const OUTSIDE = 'a strategy reads nothing but its context: what it needs goes into its parameters';
const SHARED = 'strategies share no state: keep it in the object that create returns';

/** Global names; a module that binds such a name itself means its own. */
const NAMES: Readonly<Record<string, string>> = {
  eval: FROM_TEXT,
  Function: FROM_TEXT,
  WebAssembly: FROM_TEXT,
  require: ESM,
  module: ESM,
  exports: ESM,
  process: OUTSIDE,
  navigator: OUTSIDE,
  WebSocket: OUTSIDE,
  EventSource: OUTSIDE,
  BroadcastChannel: OUTSIDE,
  MessageChannel: ONE_GO,
  globalThis: SHARED,
  global: SHARED,
  Intl: "the machine's language and time zone differ from place to place",
  Temporal: 'the clock and the time zone of the machine are not the same in a rerun: use ctx.nowNs',
};

const HRTIME = 'it is not the same in a rerun: use ctx.nowNs';

/** Names that the loader puts into the text. */
const RESERVED_PREFIX = '__tapehead';

/** Throws a TapeheadError of one line, `file:line: ...`, at the first thing that is refused. */
export function refuseSyntax(program: Program, source: string, name: string): void {
  const bound = namesBound(program);
  walk(program, (node, parent, key) => {
    const isComment = node.type === 'UnaryExpression' && source.startsWith('<!--', node.start - 1);
    const why = isComment ? 'HTML comments are not allowed in modules' : reasonAgainst(node, parent, key, bound);
    if (why !== null) throw new TapeheadError('USAGE', `${placeOf(name, node)}: ${why}`);
  });
}

function reasonAgainst(node: AnyNode, parent: AnyNode | null, key: string, bound: ReadonlySet<string>): string | null {
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return node.async ? `async function: ${ONE_GO}` : null;
    case 'AwaitExpression':
      return `await: ${ONE_GO}`;
    case 'ForOfStatement':
      return node.await ? `for await: ${ONE_GO}` : null;
    case 'ImportExpression':
      return `import(): ${ONE_GO}; import at the head of the file`;
    case 'MetaProperty':
      return node.meta.name === 'import' ? `import.meta: ${OUTSIDE}` : null;
    case 'AssignmentExpression':
      return reasonAgainstTarget(node.left, bound);
    case 'UpdateExpression':
      return reasonAgainstTarget(node.argument, bound);
    case 'Identifier':
      return reasonAgainstName(node, parent, key, bound);
    default:
      return null;
  }
}

/** What every strategy and the engine have in common is not to be changed: Math.x = ..., Array.prototype.y = ... */
function reasonAgainstTarget(target: AnyNode, bound: ReadonlySet<string>): string | null {
  let root = target;
  let path = '';
  while (root.type === 'MemberExpression' || root.type === 'ParenthesizedExpression') {
    if (root.type === 'MemberExpression') {
      path = `${root.property.type === 'Identifier' ? `.${root.property.name}` : '[]'}${path}`;
      root = root.object;
    } else {
      root = root.expression;
    }
  }
  if (root.type !== 'Identifier' || bound.has(root.name) || !(root.name in globalThis)) return null;
  return `${root.name}${path} is assigned: ${SHARED}`;
}

function reasonAgainstName(
  node: AnyNode & { name: string },
  parent: AnyNode | null,
  key: string,
  bound: ReadonlySet<string>,
): string | null {
  const { name } = node;
  if (name.startsWith(RESERVED_PREFIX)) return `${name}: names that begin with ${RESERVED_PREFIX} are the loader's`;
  if (!Object.hasOwn(NAMES, name) || bound.has(name) || !isReference(node, parent, key)) return null;
  if (parent?.type === 'UnaryExpression' && parent.operator === 'typeof') return null;
  if (parent?.type === 'MemberExpression' && !parent.computed && parent.property.type === 'Identifier') {
    const member = parent.property.name;
    return `${name}.${member}: ${name === 'process' && member === 'hrtime' ? HRTIME : NAMES[name]}`;
  }
  return `${name}: ${NAMES[name]}`;
}
