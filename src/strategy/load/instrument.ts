/**
 * Puts the budget's ticks into a module's text, on the lines that are there: at the head of every loop body and function.
 * Functions also count how deep calls are nested, and give it back however they end (`finally`). A catch clause first
 * passes on what is not the strategy's to catch. The count depends on the text alone: it is the same on every machine.
 */
import type { CatchClause } from 'acorn';
import type { Edits } from './edits.ts';
import { type AnyNode, type Program, walk } from './syntax.ts';

/** The names that the added text calls; parameters of the function that a module becomes. */
export const TICK = '__tapehead_tick';
export const ENTER = '__tapehead_enter';
export const LEAVE = '__tapehead_leave';
export const CAUGHT = '__tapehead_caught';
const THROWN = '__tapehead_thrown';

export function instrument(program: Program, edits: Edits): void {
  walk(program, (node) => {
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        instrumentFunction(node, edits);
        break;
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
        instrumentLoop(node.body, edits);
        break;
      case 'CatchClause':
        instrumentCatch(node, edits);
        break;
      default:
        break;
    }
  });
}

function instrumentLoop(body: AnyNode, edits: Edits): void {
  if (body.type === 'BlockStatement') edits.insert(body.start + 1, `${TICK}();`);
  else edits.wrap(body.start, `{${TICK}();`, body.end, '}');
}

function instrumentFunction(node: { body: AnyNode; generator: boolean }, edits: Edits): void {
  const { body } = node;
  if (body.type !== 'BlockStatement') {
    edits.wrap(body.start, `{${ENTER}();try{return(`, body.end, `)}finally{${LEAVE}()}}`);
  } else if (node.generator) {
    edits.insert(body.start + 1, `${TICK}();`); // its body ends in another call than it began in
  } else if (body.end - body.start === 2) {
    edits.insert(body.start + 1, `${ENTER}();${LEAVE}();`); // {}
  } else {
    edits.wrap(body.start + 1, `${ENTER}();try{`, body.end - 1, `}finally{${LEAVE}()}`);
  }
}

function instrumentCatch(node: CatchClause, edits: Edits): void {
  const { param, body } = node;
  if (param == null) {
    edits.insert(body.start, `(${THROWN})`);
    edits.insert(body.start + 1, `${CAUGHT}(${THROWN});`);
  } else if (param.type === 'Identifier') {
    edits.insert(body.start + 1, `${CAUGHT}(${param.name});`);
  } else {
    // catch ({ message }) { ... }  becomes  catch (thrown) { caught(thrown); let { message } = thrown; ... }
    edits.insert(param.start, `${THROWN}){${CAUGHT}(${THROWN});let `);
    edits.replace(param.end, body.start + 1, `=${THROWN};`);
  }
}
