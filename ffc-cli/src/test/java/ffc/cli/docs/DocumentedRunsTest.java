package ffc.cli.docs;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Types the commands of all pages that {@link DocumentedCommandsTest} leaves out. */
@Tag("faults")
@Tag("long")
class DocumentedRunsTest {
  @TempDir Path folder;

  static List<Documentation.Page> pages() throws IOException {
    return DocumentedCommands.pages(false);
  }

  @ParameterizedTest
  @MethodSource("pages")
  void theCommandsOfAPageWorkFromTopToBottom(Documentation.Page page) throws Exception {
    DocumentedCommands.type(page, folder);
  }
}
