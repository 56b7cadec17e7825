package ffc.loaders.remote;

import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.List;
import java.util.Set;

/** All remote objects, read-only. */
final class RemoteFileSystem extends FileSystem {
  static final RemoteFileSystem ONLY = new RemoteFileSystem();

  private final RemoteProvider provider = new RemoteProvider();

  private RemoteFileSystem() {}

  @Override
  public FileSystemProvider provider() {
    return provider;
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException("open as long as the program runs");
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public boolean isReadOnly() {
    return true;
  }

  @Override
  public String getSeparator() {
    return "/";
  }

  @Override
  public Iterable<Path> getRootDirectories() {
    return List.of();
  }

  @Override
  public Iterable<FileStore> getFileStores() {
    return List.of();
  }

  @Override
  public Set<String> supportedFileAttributeViews() {
    return Set.of("basic");
  }

  @Override
  public Path getPath(String first, String... more) {
    String all = more.length == 0 ? first : first + "/" + String.join("/", more);
    return RemotePath.isAddress(all) ? RemotePath.of(all) : RemotePath.relative(all);
  }

  @Override
  public PathMatcher getPathMatcher(String pattern) {
    throw new UnsupportedOperationException("addresses have no patterns");
  }

  @Override
  public UserPrincipalLookupService getUserPrincipalLookupService() {
    throw new UnsupportedOperationException("addresses have no owners");
  }

  @Override
  public WatchService newWatchService() {
    throw new UnsupportedOperationException("remote objects are not watched");
  }
}
