package ffc.runs.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ffc.core.method.Footprint;
import ffc.core.train.RunSummary;
import ffc.runs.record.Json;
import ffc.runs.record.ScriptedRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/**
 * The live page in a real browser. Pictures for a person to look at: {@code
 * -Dffc.keepScreenshots=DIR}.
 */
@Tag("browser")
class LivePageTest {
  @TempDir Path temp;
  private LiveRun live;
  private WatchServer server;
  private Browser browser;

  @BeforeEach
  void open() throws Exception {
    Optional<Path> program = Browser.installed();
    if (program.isEmpty()) {
      System.out.println("LivePageTest skipped: no chromium or google-chrome on the PATH");
    }
    assumeTrue(program.isPresent(), "no chromium or google-chrome on the PATH");
    live = new LiveRun("glyphs <b>", "ffc", temp, Clock.systemUTC());
    server = WatchServer.open(0, live);
    browser = Browser.start(program.get(), temp);
    browser.call("Page.navigate", Map.of("url", server.address()));
    browser.await("document.readyState === 'complete'");
  }

  @AfterEach
  void close() throws Exception {
    if (browser != null) {
      browser.close();
    }
    if (server != null) {
      server.close();
    }
  }

  @Test
  void drawsTheRunAndFollowsItWithoutReloading() throws Exception {
    play(1, 240);
    browser.await("document.getElementById('state').textContent.includes('step 240 of 400')");

    List<String> titles = texts("#charts h3");
    assertThat(titles)
        .contains("Loss", "Throughput", "Waiting for data", "Memory", "Group fill", "Replacement")
        .contains("ROC on open", "Figures on open", "Learning rate", "gallery momentum");
    assertThat(texts("#charts h2"))
        .containsExactly("Training", "ID group", "Machine", "Other figures", "Accuracy");
    assertThat(texts("h1")).containsExactly("glyphs <b>");
    assertThat(number("document.querySelectorAll('#charts path.line').length"))
        .isGreaterThan(titles.size());
    assertThat(texts("#charts td")).contains("rank-1", "0.9700");
    assertThat(texts(".tile span")).contains("loss", "images/s", "memory", "TAR@FAR=1e-3");
    assertThat(browser.evaluate("document.querySelector('main').outerHTML").asString())
        .doesNotContain("NaN", "undefined", "Infinity");
    String loss = "document.querySelector('[aria-label=Loss] path').getAttribute('d')";
    String before = browser.evaluate(loss).asString();
    browser.evaluate("window.sameDocument = true");
    screenshot("live-light.png");

    play(241, 300);
    browser.await("document.getElementById('state').textContent.includes('step 300 of 400')");

    assertThat(browser.evaluate(loss).asString()).isNotEqualTo(before);
    assertThat(browser.evaluate("window.sameDocument").asBoolean()).isTrue();
    assertThat(browser.problems()).isEmpty();
    assertThat(browser.requests())
        .allSatisfy(
            url -> assertThat(url).matches("(data:.*|" + server.address() + "(page.json.*)?)"));
  }

  @Test
  void aMovingPointerShowsValues() throws Exception {
    play(1, 100);
    browser.await("document.querySelector('[aria-label=Throughput] path')");

    browser.evaluate(
        "(() => { const svg = document.querySelector('[aria-label=Throughput]');"
            + " const box = svg.getBoundingClientRect();"
            + " svg.dispatchEvent(new PointerEvent('pointermove',"
            + " {clientX: box.left + box.width / 2, clientY: box.top + 40})); })()");

    assertThat(texts(".tip")).hasSize(1).first().asString().startsWith("step 50");
  }

  @Test
  void isDarkWhereTheReaderWantsIt() throws Exception {
    play(1, 240);
    browser.await("document.querySelector('[aria-label=Loss] path')");
    String background = "getComputedStyle(document.body).backgroundColor";
    assertThat(browser.evaluate(background).asString()).isEqualTo("rgb(245, 246, 248)");

    ArrayNode features = Json.object().putArray("features");
    features.addObject().put("name", "prefers-color-scheme").put("value", "dark");
    browser.call("Emulation.setEmulatedMedia", Map.of("features", features));

    assertThat(browser.evaluate(background).asString()).isEqualTo("rgb(18, 22, 29)");
    screenshot("live-dark.png");
  }

  @Test
  void saysThatNobodyAnswersAndWhenTheRunIsOver() throws Exception {
    play(1, 100);
    browser.await("document.getElementById('state').textContent.includes('step 100 of 400')");

    server.close();
    browser.await("document.getElementById('state').textContent.includes('no answer since')");
    assertThat(browser.evaluate("document.getElementById('state').className").asString())
        .isEqualTo("lost");
    assertThat(texts("#charts h3")).contains("Loss");

    server = WatchServer.open(server.address().getPort(), live);
    live.finished(
        new RunSummary(
            "ffc", 100, 1, 1, 1, 1, 1, 1, 1, null, 0, new Footprint(Map.of()), false, Map.of()));
    browser.await("document.getElementById('state').textContent.includes('stopped')");
    assertThat(browser.evaluate("document.getElementById('state').className").asString()).isEmpty();
  }

  private void play(long from, long to) {
    if (from == 1) {
      live.started(0, 400);
    }
    new ScriptedRun(0, to, 400, 10).steps(live, from, to, temp);
  }

  private List<String> texts(String selector) throws Exception {
    JsonNode found =
        browser.evaluate(
            "Array.from(document.querySelectorAll('" + selector + "'), e => e.textContent)");
    return found.valueStream().map(JsonNode::asString).toList();
  }

  private long number(String expression) throws Exception {
    return browser.evaluate(expression).asLong();
  }

  private void screenshot(String name) throws Exception {
    String folder = System.getProperty("ffc.keepScreenshots");
    if (folder != null) {
      JsonNode shot = browser.call("Page.captureScreenshot", Map.of("captureBeyondViewport", true));
      Files.write(
          Path.of(folder).resolve(name), Base64.getDecoder().decode(shot.path("data").asString()));
    }
  }
}
