package ffc.core.net;

/** Arithmetic of the networks. */
public enum Precision {
  fp32,
  bf16
}
