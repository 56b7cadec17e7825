package ffc.loaders.tools;

import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.MadeFolders;
import ffc.loaders.data.Progress;
import ffc.loaders.sample.Permutation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.Collectors;

/**
 * Draws a long-tailed set of glyph identities from fonts: an identity is a character, its images
 * are the designs that different fonts give it. Writes {@code glyphs.rec} with its companions,
 * {@code glyphs.labels.tsv} (label, code point, block, images), {@code faces.tsv} (the fonts, which
 * their licences may ask to be named), {@code report.txt} and {@code contact.png}.
 */
public final class Glyphs {
  private static final int CHUNK = 1024;
  private static final int SHEET_ROWS = 24;
  private static final int SHEET_COLUMNS = 24;

  private final int size;
  private final int threads;
  private final Progress progress;
  private final List<GlyphBlocks.CodePoint> points = GlyphBlocks.all();
  private final List<GlyphFace> faces = new ArrayList<>();
  private AtomicLongArray imagesOfFace;

  private Glyphs(int size, int threads, Progress progress) {
    this.size = size;
    this.threads = threads;
    this.progress = progress;
  }

  /**
   * Draws a set.
   *
   * @param fonts folders searched for font files
   * @param size height and width in pixels, 8 to 256
   * @param limit most characters, chosen evenly; 0 for all
   * @param out folder, made if needed
   * @return the report, as in {@code report.txt}
   */
  public static String run(
      List<Path> fonts, int size, int limit, int threads, Path out, Progress progress) {
    if (size < 8 || size > 256) {
      throw new IllegalArgumentException("size of glyphs is " + size + ", wanted 8 to 256");
    }
    Glyphs glyphs = new Glyphs(size, threads, progress);
    if (limit > 0 && limit < glyphs.points.size()) {
      glyphs.keep(limit);
    }
    glyphs.openFaces(fonts);
    try (MadeFolders made = new MadeFolders(out)) {
      return glyphs.write(out);
    } catch (IOException e) {
      throw new UncheckedIOException(out + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private void keep(int limit) {
    List<GlyphBlocks.CodePoint> all = List.copyOf(points);
    points.clear();
    for (int i = 0; i < limit; i++) {
      points.add(all.get((int) ((long) i * all.size() / limit)));
    }
  }

  private void openFaces(List<Path> fonts) {
    List<Path> files = GlyphFace.files(fonts);
    List<List<GlyphFace>> opened = new ArrayList<>();
    files.forEach(file -> opened.add(List.of()));
    Parallel.forEach(
        files.size(),
        threads,
        1,
        (phase, done, total) -> progress.report("looking at fonts", done, total),
        i -> {
          List<GlyphFace> found = GlyphFace.open(files.get((int) i), points, size);
          synchronized (opened) {
            opened.set((int) i, found);
          }
        });
    opened.forEach(faces::addAll);
    if (faces.isEmpty()) {
      throw new IllegalArgumentException(
          "%s: none of %d font files has CJK or Hangul glyphs; on Debian install fonts-ipafont,"
                  .formatted(
                      fonts.stream().map(Path::toString).collect(Collectors.joining(", ")),
                      files.size())
              + " fonts-nanum, fonts-hanazono, fonts-arphic-uming or others");
    }
    imagesOfFace = new AtomicLongArray(faces.size());
  }

  private List<byte[]> designs(int point) {
    GlyphDesigns designs = new GlyphDesigns(size);
    for (int f = 0; f < faces.size(); f++) {
      byte[] drawn = faces.get(f).draw(point, size);
      if (drawn != null && designs.add(drawn)) {
        imagesOfFace.incrementAndGet(f);
      }
    }
    return designs.kept();
  }

  private String write(Path out) throws IOException {
    StringBuilder labels = new StringBuilder("label\tcodepoint\tblock\timages\n");
    TreeMap<String, long[]> blocks = new TreeMap<>();
    Path rec = out.resolve("glyphs.rec");
    try (RecordIoWriter pack = new RecordIoWriter(rec, points.size())) {
      for (int from = 0; from < points.size(); from += CHUNK) {
        int begin = from;
        int count = Math.min(CHUNK, points.size() - from);
        List<List<byte[]>> drawn = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          drawn.add(List.of());
        }
        Parallel.forEach(
            count, threads, 8, Progress.NONE, i -> set(drawn, (int) i, designs(begin + (int) i)));
        for (int i = 0; i < count; i++) {
          append(pack, points.get(from + i), drawn.get(i), labels, blocks);
        }
        progress.report("drawing characters", from + count, points.size());
      }
      if (pack.identities() == 0) {
        throw new IllegalArgumentException("no font of " + faces.size() + " faces draws anything");
      }
      pack.commit(size, size);
    }
    writeText(out.resolve("glyphs.labels.tsv"), labels.toString());
    writeText(out.resolve("faces.tsv"), faceList());
    String report = report(rec, blocks);
    writeText(out.resolve("report.txt"), report);
    writeSheet(rec, out.resolve("contact.png"));
    return report;
  }

  private static void set(List<List<byte[]>> drawn, int index, List<byte[]> designs) {
    synchronized (drawn) {
      drawn.set(index, designs);
    }
  }

  private void append(
      RecordIoWriter pack,
      GlyphBlocks.CodePoint point,
      List<byte[]> designs,
      StringBuilder labels,
      TreeMap<String, long[]> blocks)
      throws IOException {
    if (designs.isEmpty()) {
      return;
    }
    long label = pack.identities();
    pack.identity();
    for (byte[] levels : designs) {
      pack.image(GrayPng.encode(levels, size, size, 4));
    }
    labels.append(label).append('\t');
    labels.append(String.format(Locale.ROOT, "U+%05X", point.value()));
    labels.append('\t').append(point.block()).append('\t').append(designs.size()).append('\n');
    long[] counts = blocks.computeIfAbsent(point.block(), b -> new long[2]);
    counts[0]++;
    counts[1] += designs.size();
  }

  private String faceList() {
    StringBuilder text = new StringBuilder("face\tfont\tfile\timages\n");
    for (int f = 0; f < faces.size(); f++) {
      text.append(f).append('\t').append(faces.get(f).name()).append('\t');
      text.append(faces.get(f).file().getFileName()).append('\t').append(imagesOfFace.get(f));
      text.append('\n');
    }
    return text.toString();
  }

  private String report(Path rec, TreeMap<String, long[]> blocks) {
    StringBuilder text = new StringBuilder();
    text.append(faces.size()).append(" font faces\n");
    blocks.forEach(
        (block, counts) ->
            text.append(
                String.format(
                    Locale.ROOT,
                    "%-8s %,9d characters %,10d images%n",
                    block,
                    counts[0],
                    counts[1])));
    try (Dataset data = open(rec)) {
      return text + StatsReport.text(DataStats.of(data, 0, Progress.NONE));
    }
  }

  private static Dataset open(Path rec) {
    return DataSets.open(new DataConfig.Source("recordio", rec.toString()));
  }

  /** A row an identity, chosen at random, so that wrong glyphs are seen at a glance. */
  private void writeSheet(Path rec, Path png) throws IOException {
    int width = SHEET_COLUMNS * size;
    try (Dataset data = open(rec)) {
      int rows = (int) Math.min(SHEET_ROWS, data.identities());
      ByteBuffer sheet = ByteBuffer.allocate(rows * size * width);
      ByteBuffer image = ByteBuffer.allocate(size * size);
      Permutation order = new Permutation(data.identities(), 1);
      for (int row = 0; row < rows; row++) {
        long id = order.at(row);
        for (int column = 0; column < Math.min(SHEET_COLUMNS, data.imageCount(id)); column++) {
          data.decode(data.firstImage(id) + column, new ImageShape(1, size, size), image, 0);
          for (int y = 0; y < size; y++) {
            int at = (row * size + y) * width + column * size;
            sheet.put(at, image.array(), y * size, size);
          }
        }
      }
      ByteBuffer encoded = GrayPng.encode(sheet.array(), rows * size, width, 8);
      try (AsideFile file = new AsideFile(png)) {
        file.write(encoded);
        file.commit();
      }
    }
  }

  private static void writeText(Path path, String text) throws IOException {
    try (AsideFile file = new AsideFile(path)) {
      file.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
      file.commit();
    }
  }
}
