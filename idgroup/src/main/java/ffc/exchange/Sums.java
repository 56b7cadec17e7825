package ffc.exchange;

/** By what means trainers add up the gradients and averages of their networks. */
public enum Sums {
  /** By PyTorch where all trainers can and nothing is asked for that it cannot do. */
  auto,
  /** By the exchange itself. */
  cluster,
  /** By PyTorch's collectives, beside the exchange. */
  torch
}
