package ffc.loaders.data;

import java.nio.file.Path;

/** The committed glyph set, read from the module's folder. */
public final class Quickstart {
  public static final Path ROOT = Path.of("..", "data", "quickstart");
  public static final ImageShape SHAPE = new ImageShape(1, 32, 32);

  private Quickstart() {}

  public static DataConfig.Source train() {
    return new DataConfig.Source("recordio", ROOT.resolve("train.rec").toString());
  }

  public static DataConfig.Source open() {
    return new DataConfig.Source("recordio", ROOT.resolve("open.rec").toString());
  }
}
