// Talking to the server. Every error is one sentence.

/** @template T @typedef {{ok: true, value: T} | {ok: false, error: string}} Answer */

/** @template T
 * @param {string} path
 * @param {unknown} body
 * @param {AbortSignal} [signal]
 * @returns {Promise<Answer<T>>} */
export const post = (path, body, signal) =>
  ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal });

/** @template T
 * @param {string} path
 * @returns {Promise<Answer<T>>} */
export const get = (path) => ask(path, {});

/** @template T
 * @param {string} path
 * @param {RequestInit} options
 * @returns {Promise<Answer<T>>} */
async function ask(path, options) {
  try {
    const response = await fetch(path, options);
    const answer = await response.json().catch(() => null);
    const error = answer?.error;
    if (response.ok && answer !== null && typeof error !== 'string') return { ok: true, value: answer };
    return { ok: false, error: error ?? `The server answered ${response.status} to ${path}.` };
  } catch {
    return { ok: false, error: 'The server does not answer. Is `whygrad ui` still running?' };
  }
}

/** At most one question is under way; of those that come meanwhile only the newest is asked next. An older answer is
 * thrown away unless it is the newest that there is: so a drag that outruns the server still moves.
 * @template Q, A
 * @param {(question: Q) => Promise<A>} ask
 * @param {(answer: A, question: Q) => void} then
 * @returns {(question: Q) => void} */
export function latest(ask, then) {
  /** @type {{question: Q} | null} */
  let waiting = null;
  let busy = false;
  const next = async () => {
    if (busy || !waiting) return;
    const { question } = waiting;
    waiting = null;
    busy = true;
    try {
      then(await ask(question), question);
    } finally {
      busy = false;
      next();
    }
  };
  return (question) => {
    waiting = { question };
    next();
  };
}
