package ffc.loaders.photos.walk;

/** Why a file or folder is left out. */
public enum Reason {
  UNREADABLE("cannot be read"),
  OTHER_FORMAT("of a format that is not read"),
  NO_PICTURE("no picture"),
  COPY("the same bytes as another of its identity"),
  EMPTY("folder without a picture"),
  NO_POINTS("without five points to align by"),
  OUTSIDE("outside of an identity's folder"),
  HIDDEN("hidden or of the system"),
  ODD_NAME("named in another encoding than UTF-8"),
  UNSAFE_NAME("named as if it lay outside of the archive"),
  LINK("link that leads nowhere or back"),
  ARCHIVE_LINK("link of an archive"),
  SPECIAL("pipe, socket or device");

  private final String text;

  Reason(String text) {
    this.text = text;
  }

  @Override
  public String toString() {
    return text;
  }
}
