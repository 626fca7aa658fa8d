// What the server answers to the playground, as plain data. app/src/playground and app/src/view/why say what each field means.

import type { Expression, Update } from '../view.js';

/** A table of an experiment file. */
export type Table = Record<string, unknown>;

/** `{type: "linear", out: 4, init: "zeros"}` or `{type: "tanh"}` */
export interface LayerSpec extends Table {
  type: string;
  out?: number;
}

/** An experiment: what the TOML file says, as an object. */
export interface Experiment {
  seed?: number;
  data: Table & { source: string };
  network: Table & { layers: LayerSpec[] };
  loss: Table & { type: string };
  optimizer: Table & { type: string };
  train: Table;
  schedule?: Table;
}

export type Kind = 'classes' | 'numbers';

export interface DataSet {
  name: string;
  kind: Kind;
  inputs: number;
  outputs: number;
  generated: boolean;
  experiment: Experiment;
}

/** A key of an optimizer. */
export interface Key {
  name: string;
  kind: string;
  default: unknown;
  doc: string;
}

/** GET /api/playground/choices */
export interface Choices {
  sets: DataSet[];
  activations: string[];
  inits: string[];
  losses: { classes: string[]; numbers: string[] };
  optimizers: { name: string; keys: Key[] }[];
}

/** A parameter, and where it stands among all of the frame's weights. */
export interface Matrix {
  name: string;
  offset: number;
  shape: number[];
}

export interface Layer {
  name: string;
  activation: string | null;
  units: number;
  weight: Matrix;
  bias: Matrix | null;
}

/** POST /api/playground */
export interface Run {
  id: string;
  /** Of one's own table. */
  columns: Column[] | null;
  toml: string;
  pytorch: string;
  name: string;
  kind: Kind;
  inputs: string[];
  outputs: string[];
  layers: Layer[];
  weights: number;
  steps_per_epoch: number;
  steps: number;
  train: number;
  test: number;
  /** Inputs as the network sees them, class or number, whether it is held out, and its row in its part. */
  points: { x: number[][]; y: number[]; test: boolean[]; row: number[] } | null;
  range: [number, number][] | null;
  side: number | null;
}

export interface Measured {
  loss: number | null;
  accuracy: number | null;
}

/** The example that was asked for, in the network's own units. */
export interface Example {
  row: number;
  target: number[];
  output: number[];
  loss: number | null;
}

/** The JSON of a frame. */
export interface FrameHead {
  step: number;
  epoch: number;
  known: number;
  finished: boolean;
  diverged: string | null;
  train: Measured;
  test: Measured | null;
  lr: number;
  losses: { step: number[]; loss: (number | null)[] };
  epochs: { epoch: number[]; train: (number | null)[]; test: (number | null)[] };
  example: Example | null;
  arrays: { name: string; type: 'f32' | 'i8' | 'u8'; length: number }[];
}

/** What is told of a run whenever it changes. */
export interface Told {
  step: number;
  playing: boolean;
  /** What stopped it, if it was not the visitor. */
  problem: string | null;
}

/** A frame, its arrays by name. */
export interface Frame extends FrameHead {
  weights: Float32Array;
  gradient: Float32Array | null;
  units: Float32Array | null;
  maps: Int8Array | null;
  scales: Float32Array | null;
  class: Uint8Array | null;
  confidence: Uint8Array | null;
  fit: Float32Array | null;
}

/** POST /api/playground/{id}/act */
export type Act =
  { do: 'step'; steps: number } | { do: 'play'; speed: number | null } | { do: 'pause' } | { do: 'to'; step: number };

/** A column of one's own table: numbers only, and how many different values; null where those are more than classes. */
export interface Column {
  name: string;
  numbers: boolean;
  values: number | null;
  /** How many classes it would be; null where it is none. */
  classes: number | null;
}

/** POST /api/playground/data */
export interface OwnFile {
  source: string;
  columns: Column[];
}

/** A factor of a chain, and what it is made of. */
export interface ChainLink {
  operation: string;
  symbol: string;
  expression: Expression;
  number: number | null;
  kind: string;
}

export interface ChainFactor {
  symbol: string;
  number: number | null;
  kind: string;
  shared: boolean;
  links: ChainLink[];
}

export interface Path {
  steps: { to: string; operation: string | null; slope: number; expression: Expression }[];
  product: number;
  share: number;
}

/** Promised and measured. */
export interface Change {
  predicted: number;
  measured: number;
  ratio: number | null;
}

/** POST /api/playground/{id}/why */
export interface Why {
  weight: string;
  step: number;
  before: number;
  after: number | null;
  moved: number | null;
  loss: number;
  batch: { row: number; class: string | null; name: string }[];
  /** Of each example of the batch, where they are a picture. */
  inputs: number[][] | null;
  example: number;
  beside: { training: number; exact: number; difference: number; relative: number | null };
  nudge: { difference: number; gradient: number; relative: number | null; agrees: boolean };
  chain: {
    letter: string;
    loss: number;
    factors: ChainFactor[];
    product: number;
    gradient: number;
    residual: number;
    reconciles: boolean;
    /** Factor and link in it. */
    zero_at: [number, number] | null;
  };
  paths: {
    gradient: number;
    shown: Path[];
    shown_sum: number;
    remainder: number;
    residual: number;
    reconciles: boolean;
    flow: { paths: { exact: number | null; log10: number }; effective: number };
  };
  ways: string[][];
  examples: {
    each: number[];
    sum: number;
    gradient: number;
    residual: number;
    reconciles: boolean;
    signs: [number, number, number];
    /** The sum of those above 0, and of those below. */
    sides: [number, number];
  };
  update: Update | null;
  effect: { before: number; alone: Change; all: Change; rounding: number } | null;
  sentences: Record<string, string | string[] | null>;
}
