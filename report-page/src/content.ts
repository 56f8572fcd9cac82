// What a page is made from, as the program writes it.

export type BlobIndex = number;

export interface Scale {
  low: number;
  step: number;
}

export interface PackedPositions {
  scales: Scale[];
  values: BlobIndex;
}

export type ScorerContent =
  | { form: "logit"; weight: number[]; bias: number }
  | { form: "dome"; weight: number[]; mu: number; sigma: number }
  | { form: "multi-dome"; points: number[][]; sigma: number }
  | { form: "affine"; weight: number[][]; bias: number[]; of_direction: boolean }
  | { form: "quadratic"; square: number[][]; weight: number[][]; bias: number[] };

export interface AttackContent {
  surface: string;
  robustness: {
    norm: string;
    eps: number;
    images: number;
    clean: number;
    robust: number;
    warnings: string[];
    attacks: { attack: string; left: number }[];
  };
}

/** Of an epoch, by the columns of `epochs.csv`. */
export type CurvePoint = Record<string, number | undefined>;

export type Numbers = Record<string, number | null>;

export interface MetricsContent {
  test_accuracy: number | null;
  parameters: Numbers;
  evaluations?: Record<string, Numbers>;
  [key: string]: unknown;
}

export interface Detection {
  auroc: number | null;
  fpr95: number | null;
}

export interface Details {
  calibration?: { bins: { images: number; confidence: number; accuracy: number }[] };
  rejection?: { risk_coverage: { coverage: number; risk: number }[] };
  outliers?: Record<string, Record<string, Detection>>;
}

export interface NetworkContent {
  name: string;
  title: string;
  run: number;
  dim: number;
  epochs: number[];
  positions: PackedPositions;
  outputs: { predicted: BlobIndex; probabilities: BlobIndex };
  outliers: { positions: PackedPositions; predicted: BlobIndex; probabilities: BlobIndex }[];
  reference_points: number[][] | null;
  axes: [number[], number[]] | null;
  encoder: Record<string, { shape: number[]; values: BlobIndex }>;
  scorer: ScorerContent | null;
  check: { count: number; embeddings: BlobIndex; scores: BlobIndex; probabilities: BlobIndex };
  metrics: MetricsContent;
  curves: CurvePoint[];
  attacks: AttackContent[];
  adversarial: { norm: string; eps: number; pixels: BlobIndex; predicted: number[] }[];
  details: Details;
}

export interface PixelStatistics {
  mean: number;
  deviation: number;
}

export interface RunContent {
  name: string;
  normalization: PixelStatistics | PixelStatistics[];
  seed: number;
  epochs: number;
  train_images: number;
  device: string;
}

export interface ImagesContent {
  count: number;
  total: number;
  channels: number;
  rows: number;
  columns: number;
  indices: number[];
  pixels: BlobIndex;
  labels: BlobIndex;
  targets: BlobIndex;
}

export interface Content {
  layout: number;
  title: string;
  program: string;
  dataset: string;
  task: string;
  evaluated_on: string;
  classes: string[];
  images: ImagesContent;
  outliers: { name: string; count: number; pixels: BlobIndex }[];
  attacked: { count: number; pixels: BlobIndex; targets: number[] } | null;
  runs: RunContent[];
  networks: NetworkContent[];
}
