package ffc.loaders.tar;

import ffc.loaders.data.BadDataException;
import ffc.loaders.image.ImageFormat;
import ffc.loaders.table.Place;
import ffc.loaders.table.Source;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Walks the samples of one tar: files that follow each other and whose names are the same up to the
 * first point behind the last slash.
 */
final class TarScan {
  private static final Set<String> IMAGES = Set.copyOf(ImageFormat.ENDINGS);

  /** Pictures that training does not read. */
  private static final Set<String> OTHER_IMAGES =
      Set.of("ppm", "pgm", "jp2", "jxl", "avif", "heic", "heif");

  private final TarFile tar;
  private final int part;
  private final Source.RowSink sink;
  private final long doneBefore;
  private final Consumer<String> leftOut;
  private long top;
  private long rows;

  // The sample that is being walked.
  private String key;
  private long begin;
  private TarFile.Entry image;
  private long imageAt;
  private String foreign;
  private final Map<String, Long> labels = new TreeMap<>(); // in the order of preference, too

  /**
   * @param leftOut hears the kind of each file that is left out
   */
  TarScan(
      TarFile tar,
      Source.Position from,
      Source.RowSink sink,
      long doneBefore,
      Consumer<String> leftOut) {
    this.tar = tar;
    this.part = from.part();
    this.top = from.top();
    this.rows = from.rows();
    this.sink = sink;
    this.doneBefore = doneBefore;
    this.leftOut = leftOut;
  }

  /**
   * Walks the samples from an offset on.
   *
   * @return the largest label of this and all tars before
   */
  long scan(long from) {
    long at = from;
    String name = "";
    try {
      for (TarFile.Entry entry = tar.entry(at); entry != null; entry = tar.entry(at)) {
        name = entry.name();
        visit(entry, at);
        at = entry.end();
        name = "";
      }
      tar.checkEnd(at);
    } catch (IOException e) {
      throw tar.fault(name, at, e);
    }
    endSample(at);
    if (rows == 0) {
      throw new BadDataException(
          tar.path()
              + ": no sample in it, wanted files such as 0001.jpg and 0001.cls; a tar of folders is"
              + " made into a pack by ./ffc data import");
    }
    return top;
  }

  private void visit(TarFile.Entry entry, long at) throws IOException {
    if (entry.type() == 'S') {
      throw new IOException("file with holes (sparse), which is not read: pack it as it is");
    }
    String name = entry.name();
    String base = name.substring(name.lastIndexOf('/') + 1);
    int dot = base.indexOf('.');
    if (!entry.isFile()) {
      if (entry.type() != '5') {
        leftOut.accept(entry.type() == '1' || entry.type() == '2' ? "link" : "device or other");
      }
      return;
    }
    if (dot <= 0) {
      leftOut.accept(dot == 0 ? "hidden (name begins with a dot)" : "without an ending");
      return;
    }
    String of = name.substring(0, name.length() - base.length() + dot);
    if (!of.equals(key)) {
      endSample(at);
      key = of;
      begin = at;
    }
    String ending = base.substring(dot + 1).toLowerCase(Locale.ROOT);
    if (IMAGES.contains(ending)) {
      if (image != null) {
        throw new IOException(
            "a second image of its sample, beside %s: one of them must go, or be named apart up to"
                    .formatted(image.name())
                + " the first point");
      }
      image = entry;
      imageAt = at;
    } else if (SampleLabel.ENDINGS.contains(ending)) {
      if (entry.size() > SampleLabel.MOST_BYTES) {
        throw new IOException("of %d bytes, too many for a label".formatted(entry.size()));
      }
      if (labels.put(ending, at) != null) {
        throw new IOException("a second ." + ending + " of its sample");
      }
    } else {
      if (OTHER_IMAGES.contains(ending)) {
        foreign = name;
      }
      leftOut.accept("." + ending);
    }
  }

  private void endSample(long next) {
    if (key == null) {
      return;
    }
    if (image != null) {
      long label = label();
      top = Math.max(top, label);
      rows++;
      sink.row(
          label,
          0,
          Place.of(part, imageAt),
          new Source.Position(part, next, 0, top, rows, 0),
          doneBefore + next);
    } else if (foreign != null && !labels.isEmpty()) {
      throw fault(
          "%s is not read, wanted %s: convert it".formatted(foreign, ImageFormat.ANY_ENDING));
    } else if (labels.containsKey("cls")) {
      throw fault("no image beside its .cls, wanted " + ImageFormat.ANY_ENDING);
    } else {
      labels.keySet().forEach(ending -> leftOut.accept("." + ending + " without an image"));
    }
    key = null;
    image = null;
    foreign = null;
    labels.clear();
  }

  private long label() {
    for (Map.Entry<String, Long> file : labels.entrySet()) {
      try {
        long label = SampleLabel.of(file.getKey(), tar.content(file.getValue(), 0));
        if (label >= 0) {
          return label;
        }
      } catch (IOException e) {
        throw tar.fault(key + "." + file.getKey(), file.getValue(), e);
      }
    }
    throw fault(
        "no label beside its image, wanted .cls, .json with the field label, or .txt; the files of a"
            + " sample must follow each other (tar --sort=name)");
  }

  private BadDataException fault(String what) {
    return tar.fault("sample " + key, begin, new IOException(what));
  }
}
