package ffc.cli.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A small part of {@link HostileInput}, which runs many thousands of cases by hand. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class HostileInputTest {
  private static final long SEED = 20;

  @TempDir static Path temp;
  private static Sound sound;

  @BeforeAll
  static void makeSoundInput() throws Exception {
    sound = Sound.make(temp.resolve("sound"));
  }

  @ParameterizedTest
  @EnumSource
  void damagedInputEndsInAResultOrInOneClearLine(Kind kind) throws Exception {
    HostileCases cases = new HostileCases(kind, SEED, sound, temp.resolve(kind.name()));
    for (int number = 1; number <= 3 * kind.share(); number++) {
      assertThat(cases.run(number)).as("%s %d of seed %d", kind, number, SEED).isNull();
    }
  }
}
