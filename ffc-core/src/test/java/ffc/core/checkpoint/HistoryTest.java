package ffc.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoryTest {
  @TempDir Path temp;

  /** Steps by the name of the part that has made them, of a list that is cut and extended. */
  @Test
  void agreesUpToTheLastStepThatTwoTrainersHaveMadeTogether() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 2_000; round++) {
      List<List<Long>> made = List.of(new ArrayList<>(), new ArrayList<>());
      History[] histories = {History.NONE, History.NONE};
      for (int event = random.nextInt(8); event >= 0; event--) {
        long name = random.nextLong();
        int more = random.nextInt(4);
        int who = random.nextInt(3); // both, after the first has taken over what the other has
        if (who == 2) {
          histories[0] = histories[1];
          made.get(0).clear();
          made.get(0).addAll(made.get(1));
        }
        int back = random.nextInt(made.get(who == 2 ? 1 : who).size() + 1);
        for (int trainer = 0; trainer < 2; trainer++) {
          if (who == 2 || who == trainer) {
            histories[trainer] = histories[trainer].goingOn(back, name);
            List<Long> steps = made.get(trainer);
            steps.subList(back, steps.size()).clear();
            for (int i = 0; i < more; i++) {
              steps.add(name);
            }
          }
        }
      }
      int common = 0;
      int shorter = Math.min(made.get(0).size(), made.get(1).size());
      while (common < shorter && made.get(0).get(common).equals(made.get(1).get(common))) {
        common++;
      }
      String what = "seed " + seed + " round " + round + ": " + made;
      long said = histories[0].commonWith(histories[1]);
      assertThat(said).as(what).isEqualTo(histories[1].commonWith(histories[0]));
      // Beyond the steps of one of them there is nothing to agree on.
      assertThat(Math.min(said, shorter)).as(what).isEqualTo(common);
    }
  }

  @Test
  void isReadAsItWasWrittenAndDamagedOrMissingOnesTellNothing() throws IOException {
    Path file = temp.resolve("history.txt");
    assertThat(History.read(file)).isEqualTo(History.NONE);
    History history = History.NONE.goingOn(0, -1).goingOn(24, 0x1234).goingOn(31, Long.MIN_VALUE);
    history.write(file);
    assertThat(file).hasContent("0 ffffffffffffffff\n24 0000000000001234\n31 8000000000000000\n");
    assertThat(History.read(file)).isEqualTo(history);
    Files.writeString(file, "0 ffffffffffffffff\n24 12");
    assertThat(History.read(file)).isEqualTo(History.NONE);
  }

  /** Of three, one was away while the others went back and on; then it takes over their state. */
  @Test
  void whoWasAwayLearnsFromTheOthersWhichOfItsStepsWereMadeAgain() throws IOException {
    List<OwnHistory> all = new ArrayList<>();
    for (int rank = 0; rank < 3; rank++) {
      all.add(new OwnHistory(temp.resolve("rank-" + rank)));
      all.get(rank).loaded(rank > 0);
    }
    assertThat(agree(all, 0)).containsExactly(0L, 0L, 0L);
    for (OwnHistory one : all) {
      one.write();
    }
    assertThat(agree(all.subList(0, 2), 24)).containsExactly(24L, 24L);
    OwnHistory back = new OwnHistory(temp.resolve("rank-2"));
    back.loaded(true);
    all.set(2, back);
    assertThat(agree(all, 32)).containsExactly(32L, 32L, 24L);
    back.write();
    OwnHistory again = new OwnHistory(temp.resolve("rank-2"));
    again.loaded(true);
    all.set(2, again);
    assertThat(agree(all, 40)).containsExactly(40L, 40L, 40L);
  }

  private static List<Long> agree(List<OwnHistory> trainers, long step) {
    List<byte[]> told = trainers.stream().map(OwnHistory::told).toList();
    return trainers.stream().map(trainer -> trainer.agree(told, step)).toList();
  }
}
