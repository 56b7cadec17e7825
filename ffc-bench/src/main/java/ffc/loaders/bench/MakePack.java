package ffc.loaders.bench;

import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Progress;
import ffc.loaders.tools.SynthPack;
import java.nio.file.Path;

/** Writes a pack of synthetic JPEG images: {@code MakePack IDENTITIES SIDE PATH.rec}. */
public final class MakePack {
  private MakePack() {}

  /** Writes it. */
  public static void main(String[] args) {
    int side = Integer.parseInt(args[1]);
    String text = "ids=" + args[0] + ";mean=3;tail=zipf;seed=1";
    try (Dataset data = DataSets.open(new DataConfig.Source("synthetic", text))) {
      ImageShape shape = new ImageShape(3, side, side);
      SynthPack.run(data, shape, 0.9f, Path.of(args[2]), Progress.NONE);
    }
  }
}
