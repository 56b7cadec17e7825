package ffc.loaders.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.data.BadDataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureListTest {
  @TempDir Path temp;

  private Path file(String name) throws IOException {
    Path file = temp.resolve("in").resolve(name);
    Files.createDirectories(file.getParent());
    return Files.createFile(file);
  }

  @Test
  void everyPictureBelowAFolderIsListedInTheOrderOfPaths() throws IOException {
    Path deep = file("b/c/d/1.PNG");
    Path here = file("a.jpg");
    Path bmp = file("b/0.bmp");
    Path odd = file("b/ü 1.jpeg");
    file("b/notes.txt");
    file("b/.hidden.png");
    file("b/tab\there.png");
    Path list = temp.resolve("list.tsv");
    PictureList written = PictureList.write(temp.resolve("in"), list);
    assertThat(written).isEqualTo(new PictureList(4, 3));
    assertThat(Files.readAllLines(list))
        .isEqualTo(List.of(here, bmp, deep, odd).stream().map(path -> "0\t" + path).toList());
  }

  @Test
  void aFolderWithoutPicturesIsRefused() throws IOException {
    file("notes.txt");
    Path list = temp.resolve("list.tsv");
    assertThatThrownBy(() -> PictureList.write(temp.resolve("in"), list))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("no .jpg, .jpeg, .png, .bmp, .webp, .gif, .tif or .tiff below it");
  }
}
