package ffc.loaders.table;

import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.sample.Keyed;
import java.nio.ByteBuffer;

/**
 * Images drawn from (seed, identity, instance), the same on every machine: integer arithmetic only.
 * An identity is a coarse random pattern; its instances shift it, change its contrast and
 * brightness and add noise, so that images of one identity look alike and can be learned.
 */
public final class SyntheticDataset implements Dataset {
  /** Cells of the pattern along each axis; it repeats. */
  private static final int CELLS = 8;

  private final String name;
  private final String fingerprint;
  private final IdentityTable table;
  private final long seed;
  private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);

  private static final class Scratch {
    final int[] grid = new int[CELLS * CELLS];
    final int[] row = new int[CELLS];
    byte[] pixels = new byte[0];
  }

  public SyntheticDataset(String name, String description, IdentityTable table, long seed) {
    this.name = name;
    this.table = table;
    this.seed = seed;
    this.fingerprint =
        new Fingerprint()
            .add("synthetic")
            .add(description)
            .add(table.identities())
            .add(table.images())
            .hex();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long identities() {
    return table.identities();
  }

  @Override
  public long images() {
    return table.images();
  }

  @Override
  public long firstImage(long identity) {
    return table.firstImage(identity);
  }

  @Override
  public long identityOf(long image) {
    return table.identityOf(image);
  }

  @Override
  public void decode(long image, ImageShape shape, ByteBuffer out, int offset) {
    long identity = identityOf(image);
    long instance = image - firstImage(identity);
    long idKey = Keyed.hash(seed, identity);
    long key = Keyed.hash(idKey, instance + 1);
    Scratch memory = scratch.get();
    if (memory.pixels.length < shape.bytes()) {
      memory.pixels = new byte[shape.bytes()];
    }
    for (int channel = 0; channel < shape.channels(); channel++) {
      for (int i = 0; i < memory.grid.length; i++) {
        memory.grid[i] = (int) (Keyed.hash(idKey, -1 - channel, i) >>> 56);
      }
      draw(memory, shape, channel, key);
    }
    out.put(offset, memory.pixels, 0, shape.bytes());
  }

  /** Bilinear interpolation of the grid in 1/256 cells, then contrast, brightness and noise. */
  private static void draw(Scratch memory, ImageShape shape, int channel, long key) {
    int cell = 256;
    int shiftY = (int) Keyed.below(Keyed.hash(key, 1), cell);
    int shiftX = (int) Keyed.below(Keyed.hash(key, 2), cell);
    int contrast = 160 + (int) Keyed.below(Keyed.hash(key, 3), 96);
    int brightness = (int) Keyed.below(Keyed.hash(key, 4), 64) - 32;
    long noise = Keyed.hash(key, 5, channel) | 1;
    int height = shape.height();
    int width = shape.width();
    int at = channel * height * width;
    for (int r = 0; r < height; r++) {
      int y = r * (CELLS - 1) * cell / height + shiftY;
      int top = (y >> 8) % CELLS * CELLS;
      int bottom = ((y >> 8) + 1) % CELLS * CELLS;
      int fy = y & 255;
      for (int c = 0; c < CELLS; c++) {
        memory.row[c] = memory.grid[top + c] * (256 - fy) + memory.grid[bottom + c] * fy;
      }
      for (int c = 0; c < width; c++) {
        int x = c * (CELLS - 1) * cell / width + shiftX;
        int fx = x & 255;
        int value =
            (memory.row[(x >> 8) % CELLS] * (256 - fx) + memory.row[((x >> 8) + 1) % CELLS] * fx)
                >> 16;
        noise = noise * 6364136223846793005L + 1442695040888963407L;
        int jitter = (int) (noise >>> 59) - 16;
        int pixel = 128 + ((value - 128) * contrast >> 8) + brightness + jitter;
        memory.pixels[at++] = (byte) Math.max(0, Math.min(255, pixel));
      }
    }
  }

  @Override
  public String describe(long image) {
    long identity = identityOf(image);
    return name + " identity " + identity + " instance " + (image - firstImage(identity));
  }

  @Override
  public String fingerprint() {
    return fingerprint;
  }

  @Override
  public void close() {}
}
