// The line where the class changes, between the points of the grid: where two classes meet, each has about one half, so the
// line lies nearer to the point that is less sure.

/** @param {CanvasRenderingContext2D} context
 * @param {Uint8Array} classes @param {Uint8Array} sure @param {number} side points along each side of the grid
 * @param {number} width @param {number} height
 * @param {string} ink @param {string} paper */
export function boundary(context, classes, sure, side, width, height, ink, paper) {
  const path = new Path2D();
  const [dx, dy] = [width / (side - 1), height / (side - 1)];
  /** How far above one half. @param {number} cell */
  const level = (cell) => Math.max(0.5, sure[cell] - 127.5);
  /** Where on the way from one point to the next. @param {number} a @param {number} b */
  const share = (a, b) => level(a) / (level(a) + level(b));

  for (let row = 0; row < side - 1; row++) {
    for (let column = 0; column < side - 1; column++) {
      const a = row * side + column;
      const [b, c, d] = [a + 1, a + side + 1, a + side];
      /** @type {[number, number][]} */
      const cuts = [];
      if (classes[a] !== classes[b]) cuts.push([column + share(a, b), row]);
      if (classes[b] !== classes[c]) cuts.push([column + 1, row + share(b, c)]);
      if (classes[d] !== classes[c]) cuts.push([column + share(d, c), row + 1]);
      if (classes[a] !== classes[d]) cuts.push([column, row + share(a, d)]);
      if (cuts.length < 2) continue;
      // Three or four meet in the middle.
      const middle = /** @type {[number, number]} */ ([column + 0.5, row + 0.5]);
      const ends = cuts.length === 2 ? [cuts] : cuts.map((cut) => [cut, middle]);
      for (const [from, to] of ends) {
        path.moveTo(from[0] * dx, from[1] * dy);
        path.lineTo(to[0] * dx, to[1] * dy);
      }
    }
  }
  context.lineCap = 'round';
  context.strokeStyle = paper;
  context.lineWidth = 4;
  context.globalAlpha = 0.7;
  context.stroke(path);
  context.globalAlpha = 1;
  context.strokeStyle = ink;
  context.lineWidth = 1.5;
  context.stroke(path);
}
