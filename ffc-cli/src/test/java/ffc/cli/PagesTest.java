package ffc.cli;

import static ffc.cli.StoredRun.ffc;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import ffc.runs.record.ScriptedRun;
import ffc.runs.watch.LiveRun;
import ffc.runs.watch.WatchServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.htmlunit.BrowserVersion;
import org.htmlunit.WebClient;
import org.htmlunit.html.DomElement;
import org.htmlunit.html.DomNode;
import org.htmlunit.html.HtmlInput;
import org.htmlunit.html.HtmlPage;
import org.htmlunit.html.HtmlSelect;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Report, comparison and live page of runs of the quick start, clicked through without a screen.
 */
class PagesTest {
  /** A number of a path or label that may differ in its last digit between the two drawings. */
  private static final double ROUNDING = 0.11;

  @TempDir static Path temp;
  private static Path first;
  private static Path second;
  private WebClient browser;

  /** Two runs of the experiment that is shipped, cut short; the first one is resumed. */
  @BeforeAll
  static void runs() {
    first = train("first");
    assertThat(ffc("train", "--resume", first.toString(), "--set=run.steps=8").code()).isZero();
    second = train("second", "--set=seed=8");
  }

  private static Path train(String name, String... more) {
    Path run = temp.resolve(name);
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "../configs/quickstart.yaml",
                "--out=" + run,
                "--set=data.train.path=../data/quickstart/train.rec",
                "--set=data.idsPerBatch=16",
                "--set=data.instancesPerBatch=16",
                "--set=optimizer.schedule.type=constant",
                "--set=run.steps=6",
                "--set=run.reportEvery=1",
                "--set=evaluate.0.path=" + StoredRun.FOLDER.resolve("data/train.rec"),
                "--set=evaluate.0.every=2",
                "--set=evaluate.1.path=../data/quickstart/open.bin",
                "--set=evaluate.1.images=400"));
    arguments.addAll(List.of(more));
    StoredRun.Outcome outcome = ffc(arguments.toArray(String[]::new));
    assertThat(outcome.code()).as(outcome.toString()).isZero();
    return run;
  }

  @BeforeEach
  void open() {
    browser = new WebClient(BrowserVersion.CHROME);
    browser.getOptions().setThrowExceptionOnScriptError(true);
    browser.getOptions().setCssEnabled(false); // nothing is laid out, which takes minutes
  }

  @AfterEach
  void close() {
    browser.close();
  }

  private HtmlPage page(Path file) throws IOException {
    return browser.getPage(file.toUri().toURL());
  }

  @Test
  void theScriptDrawsWhatStandsInTheFile() throws IOException {
    Path report = first.resolve("report.html");
    browser.getOptions().setJavaScriptEnabled(false);
    List<String> still = drawings(page(report));
    browser.getOptions().setJavaScriptEnabled(true);
    List<String> drawn = drawings(page(report));
    assertThat(drawn).hasSameSizeAs(still).hasSizeGreaterThan(60);
    for (int i = 0; i < still.size(); i++) {
      assertThat(shape(drawn.get(i))).isEqualTo(shape(still.get(i)));
      double[] numbers = numbers(drawn.get(i));
      double[] before = numbers(still.get(i));
      for (int n = 0; n < before.length; n++) {
        assertThat(numbers[n]).as(drawn.get(i)).isCloseTo(before[n], offset(ROUNDING));
      }
    }
  }

  @Test
  void axesOfAChartBecomeLogarithmicAndBack() throws IOException {
    HtmlPage page = page(first.resolve("report.html"));
    String linear = path(page, "Loss");
    String other = path(page, "Learning rate");
    DomElement log = button(page, "Loss", "log y");
    assertThat(log.getAttribute("aria-pressed")).isEqualTo("false");
    assertThat(button(page, "ROC on open", "log x").getAttribute("aria-pressed")).isEqualTo("true");

    log.click();
    assertThat(log.getAttribute("aria-pressed")).isEqualTo("true");
    assertThat(path(page, "Loss")).isNotEqualTo(linear);
    assertThat(path(page, "Learning rate")).isEqualTo(other);
    double[] ticks = ticks(page, "Loss", "end");
    assertThat(ticks[ticks.length - 1] / ticks[0]).isGreaterThan(1);
    assertThat(ticks[1] / ticks[0]).isBetween(1.9, 10.1); // 1, 2, 5, or powers of ten

    log.click();
    assertThat(path(page, "Loss")).isEqualTo(linear);
  }

  @Test
  void aSeriesIsHiddenByItsLegendEntry() throws IOException {
    HtmlPage page = page(first.resolve("report.html"));
    DomElement entry = button(page, "Loss", "existing");
    int lines = paths(page, "Loss").size();

    entry.click();
    assertThat(paths(page, "Loss")).hasSize(lines - 1);
    assertThat(entry.getAttribute("aria-pressed")).isEqualTo("false");

    entry.click();
    assertThat(paths(page, "Loss")).hasSize(lines);
  }

  @Test
  void smoothingLeavesTheRawLineBehindAndStartsAtIt() throws IOException {
    HtmlPage page = page(first.resolve("report.html"));
    String raw = path(page, "Gradient norm");
    smooth(page, "0.9");

    assertThat(page.querySelector("form.tools output").getTextContent()).isEqualTo("0.90");
    List<DomElement> lines = paths(page, "Gradient norm");
    assertThat(lines).hasSize(2);
    assertThat(lines.get(0).getAttribute("class")).contains("raw");
    assertThat(lines.get(0).getAttribute("d")).isEqualTo(raw);
    double[] before = numbers(raw);
    double[] after = numbers(lines.get(1).getAttribute("d"));
    assertThat(after).hasSameSizeAs(before);
    assertThat(after[1]).isEqualTo(before[1]);
    // Two values weigh 0.9 and 1 of 1.9, which an average that begins at zero does not give.
    assertThat(after[3]).isCloseTo((0.9 * before[1] + before[3]) / 1.9, offset(ROUNDING));
    assertThat(paths(page, "Figures on open"))
        .allMatch(line -> !line.getAttribute("class").contains("raw"));

    smooth(page, "0");
    assertThat(paths(page, "Gradient norm")).hasSize(1);
  }

  @Test
  void stepsGiveWayToImagesAndTime() throws IOException {
    HtmlPage page = page(first.resolve("report.html"));
    assertThat(xName(page, "Loss")).isEqualTo("step");
    HtmlSelect x = page.querySelector("form.tools select");

    x.setSelectedAttribute("images", true);
    assertThat(xName(page, "Loss")).isEqualTo("images");
    assertThat(ticks(page, "Loss", "middle")).containsExactly(100, 200, 300);
    // From 48 images after the first step to 384 after the eighth, between 48 and 546 of the
    // drawing.
    DomElement last =
        (DomElement) card(page, "Loss").querySelectorAll("text.tick[text-anchor=middle]").get(2);
    assertThat(Double.parseDouble(last.getAttribute("x"))).isCloseTo(421.5, offset(ROUNDING));
    assertThat(xName(page, "Figures on open")).isEqualTo("images");
    assertThat(xName(page, "ROC on open")).isEqualTo("false accept rate");

    x.setSelectedAttribute("seconds", true);
    assertThat(xName(page, "Loss")).matches("(seconds|minutes) of training");
  }

  @Test
  void evaluationsAndResumesAreMarked() throws IOException {
    HtmlPage page = page(first.resolve("report.html"));
    assertThat(marks(page, "Loss"))
        .hasSize(5)
        .contains("step 2: evaluation of open", "step 6: evaluation of open, open-pairs")
        .anyMatch(mark -> mark.startsWith("resumed after step 6"));
    assertThat(page.querySelector("p.marks").getTextContent()).isEqualTo("evaluationresumed");
  }

  @Test
  void aRunIsHiddenInAllChartsOfAComparison() throws IOException {
    Path file = temp.resolve("compare.html");
    assertThat(
            ffc("runs", "compare", first.toString(), second.toString(), "--out", file.toString())
                .code())
        .isZero();
    HtmlPage page = page(file);
    for (String title : List.of("Loss", "Throughput", "ROC on open")) {
      assertThat(paths(page, title)).as(title).hasSize(2);
    }
    button(page, "Loss", "second").click();
    for (String title : List.of("Loss", "Throughput", "ROC on open")) {
      assertThat(paths(page, title)).as(title).hasSize(1);
      assertThat(button(page, title, "second").getAttribute("aria-pressed")).isEqualTo("false");
    }
    ((HtmlSelect) page.querySelector("form.tools select")).setSelectedAttribute("images", true);
    assertThat(xName(page, "Loss")).isEqualTo("images");
  }

  @Test
  void theLivePageKeepsWhatWasAskedForWhenNewsArrive() throws Exception {
    LiveRun live = new LiveRun("quickstart", "ffc", first, Clock.systemUTC());
    live.started(8, 20);
    try (WatchServer server = WatchServer.open(0, live)) {
      HtmlPage page = browser.getPage(server.address().toURL());
      await(page, () -> !paths(page, "Loss").isEmpty());
      button(page, "Loss", "log y").click();
      button(page, "Loss", "fresh").click();
      smooth(page, "0.5");
      ((HtmlSelect) page.querySelector("form.tools select")).setSelectedAttribute("images", true);
      String before = path(page, "Loss");

      live.report(new ScriptedRun(8, 20, 20, 1).report(9));
      await(page, () -> !path(page, "Loss").equals(before));

      assertThat(button(page, "Loss", "log y").getAttribute("aria-pressed")).isEqualTo("true");
      assertThat(button(page, "Loss", "fresh").getAttribute("aria-pressed")).isEqualTo("false");
      assertThat(paths(page, "Loss")).hasSize(4); // two series, each with its raw line
      assertThat(xName(page, "Loss")).isEqualTo("images");
      assertThat(marks(page, "Loss")).anyMatch(mark -> mark.startsWith("resumed after step 6"));
    }
  }

  private void await(HtmlPage page, BooleanSupplier condition) {
    for (int tries = 0; tries < 60 && !holds(page, condition); tries++) {
      browser.waitForBackgroundJavaScript(500);
    }
    assertThat(holds(page, condition)).as(page.asNormalizedText()).isTrue();
  }

  /** Looks between two tasks of the page's script, which hold the page while they run. */
  private static boolean holds(HtmlPage page, BooleanSupplier condition) {
    synchronized (page) {
      return condition.getAsBoolean();
    }
  }

  private static void smooth(HtmlPage page, String factor) {
    HtmlInput slider = page.querySelector("form.tools input");
    slider.setValue(factor);
    slider.fireEvent("input");
  }

  private static DomElement card(HtmlPage page, String title) {
    DomNode svg = page.querySelector("svg[aria-label='" + title + "']");
    assertThat(svg).as(title).isNotNull();
    return (DomElement) svg.getParentNode();
  }

  private static DomElement button(HtmlPage page, String title, String text) {
    return card(page, title).querySelectorAll("button").stream()
        .filter(button -> button.getTextContent().equals(text))
        .map(DomElement.class::cast)
        .findFirst()
        .orElseThrow(() -> new AssertionError(title + " has no " + text));
  }

  private static List<DomElement> paths(HtmlPage page, String title) {
    return page.querySelectorAll("svg[aria-label='" + title + "'] > path.line").stream()
        .map(DomElement.class::cast)
        .toList();
  }

  private static String path(HtmlPage page, String title) {
    return paths(page, title).stream().map(line -> line.getAttribute("d")).collect(joining(" "));
  }

  private static List<String> marks(HtmlPage page, String title) {
    return card(page, title).querySelectorAll("path.mark").stream()
        .map(DomNode::getTextContent)
        .toList();
  }

  private static String xName(HtmlPage page, String title) {
    return card(page, title).querySelector("text.name").getTextContent();
  }

  private static double[] ticks(HtmlPage page, String title, String anchor) {
    return card(page, title).querySelectorAll("text.tick[text-anchor=" + anchor + "]").stream()
        .filter(tick -> !((DomElement) tick).getAttribute("class").contains("name"))
        .mapToDouble(tick -> Double.parseDouble(tick.getTextContent()))
        .toArray();
  }

  /** Kind, place and text of all that charts are made of. */
  private static List<String> drawings(HtmlPage page) {
    List<String> all = new ArrayList<>();
    for (DomNode part : page.querySelectorAll("svg[data-chart] > *")) {
      DomElement e = (DomElement) part;
      all.add(
          e.getTagName()
              + " "
              + e.getAttribute("class")
              + " "
              + e.getAttribute("d")
              + " "
              + e.getAttribute("x")
              + " "
              + e.getAttribute("y1")
              + " "
              + e.getTextContent());
    }
    return all;
  }

  private static String shape(String drawing) {
    return drawing.replaceAll("-?[0-9.]+(e-?[0-9]+)?", "#");
  }

  private static double[] numbers(String drawing) {
    Matcher number = Pattern.compile("-?[0-9.]+(e-?[0-9]+)?").matcher(drawing);
    return number.results().mapToDouble(found -> Double.parseDouble(found.group())).toArray();
  }
}
