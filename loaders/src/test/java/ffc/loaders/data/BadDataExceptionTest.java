package ffc.loaders.data;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BadDataExceptionTest {
  @Test
  void whatDamagedFilesHoldDoesNotBreakTheLine() {
    String message = "index.ffc: expected 54\n117f\r\u0007\u000b\u0085\u2028c3; größer 漢";
    assertThat(new BadDataException(message))
        .hasMessage("index.ffc: expected 54?117f?????c3; größer 漢");
    assertThat(new BadDataException(message, new Exception()).getMessage().lines()).hasSize(1);
    assertThat(new BadDataException(null)).hasMessage(null);
  }
}
