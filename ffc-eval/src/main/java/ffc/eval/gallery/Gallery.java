package ffc.eval.gallery;

import ffc.eval.embedding.ArrayEmbeddings;
import ffc.eval.embedding.EmbeddingPass;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.FileEmbeddings;
import ffc.eval.embedding.ImageEmbedder;
import ffc.formats.ElementType;
import ffc.formats.HostTensor;
import ffc.formats.Npy;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.MadeFolders;
import ffc.loaders.data.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A set of images with their embeddings, which are kept on disk and used again for every image
 * whose bytes have not changed. All stored bytes are read each time to know that; names, times and
 * order of files do not count.
 */
public final class Gallery {
  private static final int BATCH = 64;

  private final Embeddings rows;
  private final ImageKeys keys;
  private final int embedded;

  private Gallery(Embeddings rows, ImageKeys keys, int embedded) {
    this.rows = rows;
    this.keys = keys;
    this.embedded = embedded;
  }

  /** Unit rows in the order of the set, labelled with its identities. */
  public Embeddings rows() {
    return rows;
  }

  /** Images that the network had to look at. */
  public int embedded() {
    return embedded;
  }

  /** Whether an image of the gallery has these very bytes. */
  public boolean holds(int image, byte[] file) {
    long[] key = ImageKeys.of(ByteBuffer.wrap(file));
    return keys.first()[image] == key[0] && keys.second()[image] == key[1];
  }

  /**
   * Embeds a set, as far as that was not done before.
   *
   * @param folder where embeddings are kept, made if needed; the process that fails leaves none
   * @param network all that its embeddings depend on
   * @throws BadDataException if an image cannot be read
   * @throws IllegalArgumentException if an embedding is not finite or the folder cannot be made
   */
  public static Gallery open(
      Dataset set, ImageEmbedder embedder, String network, Path folder, Progress progress) {
    try {
      return opened(set, embedder, network, folder, progress);
    } catch (IOException e) {
      throw new UncheckedIOException(folder + ": " + e.getMessage(), e);
    }
  }

  private static Gallery opened(
      Dataset set, ImageEmbedder embedder, String network, Path folder, Progress progress)
      throws IOException {
    if (set.images() > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          set.name() + ": " + set.images() + " images exceed the 2^31 that one search takes");
    }
    ImageKeys keys = ImageKeys.of(set, embedder.shape(), progress);
    GalleryFile wanted =
        new GalleryFile(
            folder,
            key(Path.of("").toAbsolutePath().resolve(set.name()).toString(), 6),
            key("gallery 1 " + embedder.dim() + " " + network, 8),
            keys.content());
    GalleryFile.Stored before = null;
    for (GalleryFile file : GalleryFile.of(folder, wanted.network())) {
      boolean same = file.content().equals(wanted.content());
      if (same || (before == null && file.source().equals(wanted.source()))) {
        Optional<GalleryFile.Stored> stored = file.read(embedder.dim());
        if (same && stored.isPresent()) {
          return new Gallery(labelled(file.rows(), set), keys, 0);
        }
        before = stored.orElse(before);
      }
    }
    try (MadeFolders made = new MadeFolders(folder)) {
      Path aside =
          folder.resolve("." + wanted.rows().getFileName() + "." + ProcessHandle.current().pid());
      try {
        int embedded = write(aside, set, embedder, keys, before, progress);
        // A file that was written over between its key and its pixels would pass for what it was.
        if (embedded > 0
            && !ImageKeys.of(set, embedder.shape(), progress).content().equals(keys.content())) {
          throw new BadDataException(
              set.name() + ": images have changed while they were embedded; search again");
        }
        wanted.commit(aside, keys);
        wanted.removeOlder();
        return new Gallery(labelled(wanted.rows(), set), keys, embedded);
      } finally {
        Files.deleteIfExists(aside);
      }
    }
  }

  private static String key(String text, int bytes) {
    byte[] hash = ImageKeys.sha256().digest(text.getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(hash, 0, bytes);
  }

  private static Embeddings labelled(Path file, Dataset set) {
    long[] labels = new long[(int) set.images()];
    for (int image = 0; image < labels.length; image++) {
      labels[image] = set.identityOf(image);
    }
    return FileEmbeddings.ofUnitRows(file, labels);
  }

  /** Writes all rows in their order: those of before, and new ones as the network makes them. */
  private static int write(
      Path file,
      Dataset set,
      ImageEmbedder embedder,
      ImageKeys keys,
      GalleryFile.Stored before,
      Progress progress) {
    int dim = embedder.dim();
    int[] missing = new int[keys.images()];
    int[] reused = new int[keys.images()];
    ImageKeys.Lookup lookup = before == null ? null : new ImageKeys.Lookup(before.keys());
    int count = 0;
    for (int image = 0; image < reused.length; image++) {
      reused[image] = lookup == null ? -1 : lookup.image(keys, image);
      if (reused[image] < 0) {
        missing[count++] = image;
      }
    }
    int wanted = count;
    Npy.write(
        file,
        ElementType.F32,
        out -> {
          int[] next = {0};
          if (wanted > 0) {
            EmbeddingPass.each(
                embedder,
                wanted,
                (i, pixels, offset) -> set.decode(missing[i], embedder.shape(), pixels, offset),
                BATCH,
                Runtime.getRuntime().availableProcessors(),
                (images, from, size) -> {
                  float[] rows = new float[size * dim];
                  embedder.embed(images, size, rows, 0);
                  for (int i = 0; i < size; i++) {
                    ArrayEmbeddings.normalise(rows, i * dim, dim, missing[from + i]);
                    next[0] = copy(before, reused, next[0], missing[from + i], dim, out);
                    float[] row = Arrays.copyOfRange(rows, i * dim, (i + 1) * dim);
                    out.accept(HostTensor.of(row, 1, dim).data().duplicate());
                    next[0]++;
                  }
                  progress.report("embedding", from + size, wanted);
                });
          }
          copy(before, reused, next[0], reused.length, dim, out);
        },
        keys.images(),
        dim);
    return wanted;
  }

  /** Copies rows that are there already, up to an image; returns its number. */
  private static int copy(
      GalleryFile.Stored before,
      int[] reused,
      int from,
      int to,
      int dim,
      Consumer<ByteBuffer> out) {
    float[] row = new float[dim];
    for (int image = from; image < to; image++) {
      before.rows().read(reused[image], 1, row, 0);
      out.accept(HostTensor.of(row, 1, dim).data().duplicate());
    }
    return to;
  }
}
