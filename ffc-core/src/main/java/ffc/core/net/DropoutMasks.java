package ffc.core.net;

import ai.djl.engine.Engine;
import ffc.loaders.sample.Keyed;

/**
 * Dropout's random numbers. The engine's generator cannot be saved, so every step starts it anew
 * from what tells the step apart.
 */
public final class DropoutMasks {
  private DropoutMasks() {}

  /** Starts the engine's generator for a step of a trainer. */
  public static void begin(long seed, long step, int rank) {
    Engine.getInstance().setRandomSeed(engineSeed(seed, step, rank));
  }

  /** Mixed, so that neither seeds nor ranks nor steps next to each other share masks. */
  static int engineSeed(long seed, long step, int rank) {
    return (int) Keyed.hash(seed, step, rank);
  }
}
