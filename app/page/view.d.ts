// What the server answers, as plain data. app/src/view/walk says what each field means.

/** Numbers by the name of what they belong to, in the order of the network. */
export type ByName = Record<string, number>;

/** A letter of a formula and what stands in for it. */
export interface Place {
  name: string;
  symbol: string;
  number?: number | null;
  numbers?: number[];
}

/** How a number is computed: as text, and as MathML with symbols and with numbers. */
export interface Expression {
  text: string;
  numbers: string;
  places: Place[];
  mathml: string;
  mathml_numbers: string;
}

export interface Equation {
  symbol: string;
  neuron: string | null;
  weight: string | null;
  expression: Expression;
  value: number;
}

/** A local derivative that a factor is made of. */
export interface Link {
  operation: string;
  symbol: string;
  expression: Expression;
  number?: number | null;
  kind: string;
  width: number;
  shared: boolean;
  slope: boolean;
}

/** A wrong answer that would be right for something else. */
export interface Mistake {
  value: number;
  says: string;
}

export interface Factor {
  symbol: string;
  value: number;
  neuron: string | null;
  weight: string | null;
  /** Whether it was computed already, for the weights of the layer above. */
  reused: boolean;
  links: Link[];
  mistakes?: Mistake[];
}

/** The gradient by a weight through one of its connections. */
export interface WeightChain {
  weight: string;
  /** Null for a bias. */
  from: string | null;
  to: string;
  factors: Factor[];
  product: number;
  last: string;
  zero: string | null;
  shared: number | null;
  mistakes?: Mistake[];
}

export interface Derivation {
  title: string;
  opening: string;
  sum: string | null;
  equations: Equation[];
  chains: WeightChain[];
  closing: string | null;
}

export interface Connection {
  weight: string;
  value: number;
  /** Null for a bias. */
  from: string | null;
  to: string;
  /** weight × source: what arrives at the neuron. */
  passes: number;
}

export interface Drawing {
  title: string;
  opening: string;
  inputs: string[];
  hidden: string[];
  outputs: string[];
  connections: Connection[];
  closing: string[];
}

/** How the optimizer made the step of one weight. */
export interface Update {
  optimizer: string;
  before: number;
  after: number;
  parts: { source: string; formula: string; amount: number }[];
  symbols: { symbol: string; meaning: string; value: number }[];
  sum: number;
  moved: number;
  residual: number;
  reconciles: boolean;
}

export interface Row {
  weight: string;
  value: number;
  gradient: number;
  nudged: number;
  relative: number | null;
  agrees: boolean;
  learned: number | null;
  stays: boolean;
  kink: boolean;
  update?: Update | null;
}

export interface Learning {
  title: string;
  opening: string;
  weights: Row[];
  predictions: { output: string; before: number; after: number; target: number }[];
  misprints: { figure: string; reason: string }[];
  closing: string;
}

/** Forward and backward through the network. */
export interface Pass {
  hidden_sum: ByName;
  hidden: ByName;
  output_sum: ByName;
  prediction: ByName;
  /** prediction − target */
  miss: ByName;
  loss: number;
  dL_dprediction: ByName;
  dL_doutput_sum: ByName;
  dL_dhidden: ByName;
  dL_dhidden_sum: ByName;
  gradient: ByName;
}

export type Points = [number, number][];

/** POST /api/walk */
export interface Walk {
  name: string;
  source: string;
  inputs: ByName;
  targets: ByName;
  weights: ByName;
  step: Pass;
  slopes: { hidden: ByName; output: ByName };
  finite_difference: ByName;
  learning_rate: number | null;
  learned: ByName | null;
  after: Pass | null;
  losses: number[] | null;
  story: {
    network: Drawing;
    forward: Derivation;
    loss: Derivation;
    output_weights: Derivation;
    hidden_weights: Derivation;
    learning: Learning;
  };
  curves: { hidden: Points; output: Points; loss: Record<string, Points> };
  updates_before: number;
  settings: { activation: string; loss: string; optimizer: string; lr: number | null };
  command: string;
  nudges: Nudge[];
}

/** What POST /api/walk takes; what is absent is the example's own. */
export interface Ask {
  case?: string;
  activation?: string;
  loss?: string;
  optimizer?: string;
  lr?: number;
  x?: number[];
  w?: number[];
  target?: number[];
  after?: number;
  updates?: number;
  nudges?: { variable: string; push: number }[];
}

/** GET /api/walk/choices */
export interface Choices {
  cases: { name: string; source: string }[];
  activations: string[];
  losses: string[];
  /** `lr`: the rate that is usual for it. */
  optimizers: { value: string; label: string; lr?: number | null }[];
}

/** Something that moved when a variable was nudged. */
export interface Moved {
  symbol: string;
  before: number;
  after: number;
  change: number;
  ratio: number | null;
  derivative: number | null;
}

/** A number that was pushed, and everything that depends on it. */
export interface Nudge {
  variable: string;
  push: number;
  before: number;
  after: number;
  downstream: Moved[];
}
