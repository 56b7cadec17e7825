package ffc.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeListTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "gpu7; gpu7",
        "a,b-1.example.org; a b-1.example.org",
        "node[01-03,07]; node01 node02 node03 node07",
        "node[8-11]; node8 node9 node10 node11",
        "node[098-101]; node098 node099 node100 node101",
        "rack[1-2]n[01-02]-ib; rack1n01-ib rack1n02-ib rack2n01-ib rack2n02-ib",
        "x[1,3],login,y[2-3]; x1 x3 login y2 y3",
        "[1-2]; 1 2"
      })
  void bracketsStandForNumbersWithTheDigitsOfTheFirst(String list, String names) {
    assertThat(NodeList.expand(list)).containsExactly(names.split(" "));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ",a",
        "a,,b",
        "a,",
        "node[",
        "node[1-",
        "node]",
        "node[1-3",
        "node[]",
        "node[3-1]",
        "node[1-x]",
        "node[-3]",
        "node[[1]]",
        "no de",
        "node[1-999999999]",
        "n[1-999]m[1-999]",
        "node[99999999999]",
        "a;b",
        "a\nb"
      })
  void whatIsNoListIsRefusedInOneLine(String list) {
    assertThatThrownBy(() -> NodeList.expand(list))
        .isInstanceOf(IllegalArgumentException.class)
        .message()
        .doesNotContain("\n")
        .hasSizeLessThan(200);
  }

  @Test
  void whatIsShortenedComesBack() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int turn = 0; turn < 200; turn++) {
      List<String> names = new ArrayList<>();
      List<String> texts = new ArrayList<>();
      for (int group = 0; group <= random.nextInt(3); group++) {
        String prefix = "n" + (char) ('a' + group);
        int digits = 3 + random.nextInt(2);
        List<String> ranges = new ArrayList<>();
        for (int next = random.nextInt(5), i = 0; i <= random.nextInt(3); i++) {
          int last = next + random.nextInt(12);
          String first = String.format(Locale.ROOT, "%0" + digits + "d", next);
          ranges.add(
              last == next
                  ? first
                  : first + "-" + String.format(Locale.ROOT, "%0" + digits + "d", last));
          for (int n = next; n <= last; n++) {
            names.add(prefix + String.format(Locale.ROOT, "%0" + digits + "d", n));
          }
          next = last + 2;
        }
        texts.add(prefix + "[" + String.join(",", ranges) + "]");
      }
      String list = String.join(",", texts);
      assertThat(NodeList.expand(list)).as(list).isEqualTo(names);
    }
  }
}
