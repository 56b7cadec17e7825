package ffc.loaders.remote;

import ffc.loaders.data.BadDataException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The address of a remote object, {@code http(s)://host[:port]/path} as it was typed, or names
 * relative to one. It holds no secrets: addresses with a user or a query are refused, since paths
 * are written into records and messages; {@link Access} has what a server wants to see.
 */
public final class RemotePath implements Path {
  private static final Pattern ADDRESS =
      Pattern.compile("(?i)(https?://)([^/?#]*)([^?#]*)(.*)", Pattern.DOTALL);

  /** Scheme and host; empty in relative paths. */
  private final String root;

  /** Behind an address with its leading slash, escaped; of relative paths plain names. */
  private final String path;

  private final String text;

  private RemotePath(String root, String path) {
    this.root = root;
    this.path = path;
    this.text = root + path;
  }

  /** Whether a text is the address of a remote object, and no path of this machine. */
  public static boolean isAddress(String text) {
    return ADDRESS.matcher(text).matches();
  }

  /** Whether a path is of a remote object. */
  public static boolean isRemote(Path path) {
    return path instanceof RemotePath;
  }

  /**
   * The path of an address.
   *
   * @throws BadDataException if it names no host, or holds a user or a query
   */
  public static RemotePath of(String text) {
    Matcher address = ADDRESS.matcher(text);
    if (!address.matches() || address.group(2).replaceAll(".*@|:.*", "").isEmpty()) {
      throw new BadDataException(masked(text) + ": no address, wanted http://host/path");
    }
    if (address.group(2).contains("@") || !address.group(4).isEmpty()) {
      throw new BadDataException(
          masked(text)
              + ": holds a user, query or mark (#), which records would show; give them by"
              + " FFC_HTTP_ACCESS=\"HOST ?QUERY\" or \"HOST USER:PASSWORD\" (docs/data.md)");
    }
    return new RemotePath(
        address.group(1).toLowerCase(Locale.ROOT) + address.group(2), address.group(3));
  }

  /** A text with whatever may be secret in the addresses that it holds replaced by stars. */
  public static String masked(String text) {
    return text.replaceAll("(?i)(https?://)[^/?#\\s\"']*@", "$1***@")
        .replaceAll("(?i)(https?://[^?#\\s\"']*[?#])[^\\s\"']+", "$1***");
  }

  static RemotePath relative(String names) {
    return new RemotePath("", names);
  }

  /**
   * What tells this version of the object from another: its ETag, else its time of change; empty if
   * its server says neither.
   *
   * @throws NoSuchFileException if it is not there
   */
  public String version() throws NoSuchFileException {
    return RemoteObject.look(this).tag();
  }

  /** Host with port, as it was typed. */
  String host() {
    return root.substring(root.indexOf("://") + 3);
  }

  /** Whether it stands for several, or is no address of one for another reason. */
  boolean isPattern() {
    return path.indexOf('{') >= 0 || path.isEmpty() || root.isEmpty();
  }

  @Override
  public URI toUri() {
    try {
      return new URI(text);
    } catch (URISyntaxException e) {
      throw new BadDataException(
          "%s: character %d may not stand in an address, write it as %%..."
              .formatted(this, e.getIndex() + 1),
          e);
    }
  }

  @Override
  public FileSystem getFileSystem() {
    return RemoteFileSystem.ONLY;
  }

  @Override
  public boolean isAbsolute() {
    return !root.isEmpty();
  }

  @Override
  public Path getRoot() {
    return isAbsolute() ? new RemotePath(root, "") : null;
  }

  private String[] names() {
    String trimmed = path.replaceAll("^/+|/+$", "");
    return trimmed.isEmpty() ? new String[0] : trimmed.split("/+", -1);
  }

  @Override
  public Path getFileName() {
    int count = getNameCount();
    return count == 0 ? null : getName(count - 1);
  }

  @Override
  public Path getParent() {
    int cut = path.replaceAll("/+$", "").lastIndexOf('/');
    return cut < 0 ? null : new RemotePath(root, path.substring(0, cut));
  }

  @Override
  public int getNameCount() {
    return names().length;
  }

  @Override
  public Path getName(int index) {
    String name = names()[index];
    // A plus stays one: these are paths, no forms.
    return relative(
        isAbsolute() ? URLDecoder.decode(name.replace("+", "%2B"), StandardCharsets.UTF_8) : name);
  }

  @Override
  public Path subpath(int from, int to) {
    RemotePath all = relative("");
    for (int i = from; i < to; i++) {
      all = (RemotePath) all.resolve(getName(i));
    }
    return all;
  }

  @Override
  public boolean startsWith(Path other) {
    return other instanceof RemotePath && (this + "/").startsWith(other + "/");
  }

  @Override
  public boolean endsWith(Path other) {
    return other instanceof RemotePath && ("/" + this).endsWith("/" + other);
  }

  @Override
  public Path normalize() {
    return this;
  }

  @Override
  public Path resolve(Path other) {
    RemotePath below = (RemotePath) other;
    if (below.isAbsolute() || path.isEmpty() && root.isEmpty()) {
      return below;
    }
    String name = isAbsolute() ? escaped(below.path) : below.path;
    return new RemotePath(root, path.replaceAll("/+$", "") + "/" + name);
  }

  private static String escaped(String name) {
    try {
      return new URI(null, null, "/" + name, null).toASCIIString().substring(1);
    } catch (URISyntaxException e) {
      throw new BadDataException("\"" + name + "\" names nothing behind an address", e);
    }
  }

  @Override
  public Path relativize(Path other) {
    throw new UnsupportedOperationException("an address is not relative to another");
  }

  @Override
  public Path toAbsolutePath() {
    return this;
  }

  @Override
  public Path toRealPath(LinkOption... options) {
    return this;
  }

  @Override
  public WatchKey register(
      WatchService watcher, WatchEvent.Kind<?>[] events, WatchEvent.Modifier... modifiers) {
    throw new UnsupportedOperationException("remote objects are not watched");
  }

  @Override
  public int compareTo(Path other) {
    return text.compareTo(other.toString());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RemotePath path && text.equals(path.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
