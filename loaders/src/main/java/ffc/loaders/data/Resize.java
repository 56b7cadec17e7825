package ffc.loaders.data;

/** What happens to an image that has not the size that the network takes. */
public enum Resize {
  /** It is refused. */
  off,
  /** Its largest middle part of the wanted shape is scaled. */
  crop,
  /** All of it is scaled, black beside it. */
  pad,
  /** All of it is scaled, its sides differently. */
  stretch
}
