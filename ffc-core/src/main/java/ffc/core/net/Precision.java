package ffc.core.net;

/** Arithmetic of the networks. */
public enum Precision {
  /** All in f32. */
  fp32,
  /** Arrays in f32; on a GPU convolutions and products round their inputs to TF32. */
  tf32,
  /** Networks in bfloat16, weights and momenta in f32; the loss as in {@link #tf32}. */
  bf16
}
