package ffc.cli;

import static ffc.cli.StoredRun.ffc;
import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageIO;
import org.htmlunit.BrowserVersion;
import org.htmlunit.CollectingAlertHandler;
import org.htmlunit.WebClient;
import org.htmlunit.html.DomElement;
import org.htmlunit.html.DomNode;
import org.htmlunit.html.HtmlPage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pages of an import and of a search, read in a browser without a screen. */
class PicturePagesTest {
  /** A folder that would run, were its name taken for a page's own words. */
  private static final String EVIL = "<img src=x onerror=alert(1)> & Zoë";

  @TempDir Path temp;
  private Path photos;

  @BeforeEach
  void draw() throws IOException {
    photos = temp.resolve("photos");
    for (int i = 0; i < 12; i++) {
      Path folder = Files.createDirectories(photos.resolve(i < 9 ? "person " + i / 3 : EVIL));
      ImageIO.write(picture(i), "png", folder.resolve(i + ".png").toFile());
    }
    Files.writeString(photos.resolve("person 1/notes.txt"), "no picture");
  }

  /** Of 16 pixels a side the first, of 16 more each that follows. */
  private static BufferedImage picture(int number) {
    int side = 16 + 16 * number;
    BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        int shade = ((4 * x / side + 5 * (4 * y / side)) * (number + 3) * 37) % 256;
        image.setRGB(x, y, shade * 0x010101);
      }
    }
    return image;
  }

  private static HtmlPage open(WebClient browser, CollectingAlertHandler alerts, Path file)
      throws IOException {
    browser.getOptions().setThrowExceptionOnScriptError(true);
    browser.getOptions().setCssEnabled(false);
    browser.setAlertHandler(alerts);
    HtmlPage page = browser.getPage(file.toUri().toURL());
    browser.waitForBackgroundJavaScript(200);
    return page;
  }

  /** Width and height of all its pictures; each lies in the page itself and can be decoded. */
  private static List<String> pictures(HtmlPage page) {
    return page.querySelectorAll("img").stream()
        .map(
            image -> {
              String source = ((DomElement) image).getAttribute("src");
              assertThat(source).startsWith("data:image/png;base64,");
              byte[] png = Base64.getDecoder().decode(source.substring(source.indexOf(',') + 1));
              try {
                BufferedImage decoded = ImageIO.read(new ByteArrayInputStream(png));
                return decoded.getWidth() + "x" + decoded.getHeight();
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            })
        .toList();
  }

  private static List<String> rows(HtmlPage page, String heading) {
    return page.querySelectorAll("section").stream()
        .filter(card -> card.querySelector("h3").getTextContent().equals(heading))
        .flatMap(card -> card.querySelectorAll("tr").stream())
        .map(DomNode::asNormalizedText)
        .map(text -> text.replaceAll("\\s+", " "))
        .toList();
  }

  private Path imported() {
    Path pack = temp.resolve("pack");
    String[] words = {
      "data", "import", photos.toString(), "--size=32", "--channels=1", "--out=" + pack
    };
    assertThat(ffc(words).code()).isZero();
    return pack;
  }

  @Test
  void theReportOfAnImportTellsSizesIdentitiesAndWhatIsMissing() throws IOException {
    Path report = imported().resolve("report.html");
    CollectingAlertHandler alerts = new CollectingAlertHandler();
    try (WebClient browser = new WebClient(BrowserVersion.CHROME)) {
      HtmlPage page = open(browser, alerts, report);

      assertThat(page.asNormalizedText()).contains(EVIL, "person 2");
      assertThat(pictures(page)).hasSize(12).containsOnly("32x32");
      assertThat(rows(page, "Images per identity: train.rec")).contains("3 4 100.0 %");
      assertThat(rows(page, "Sizes they had"))
          .containsExactly(
              "less than half 0 0.0 %",
              "half to all of it 1 8.3 %",
              "1 to 2 times 2 16.7 %",
              "2 to 4 times 4 33.3 %",
              "4 to 8 times 5 41.7 %",
              "8 times or more 0 0.0 %");
      assertThat(page.asNormalizedText())
          .contains("from 16x16 to 192x192 (height x width); smaller than 32x32, and enlarged: 1");
      assertThat(rows(page, "Left out")).containsExactly("no picture 1");
    }
    assertThat(alerts.getCollectedAlerts()).isEmpty();
  }

  @Test
  void thePageOfASearchShowsTheQueryAndWhoWasFound() throws IOException {
    Path page = temp.resolve("answer.html");
    StoredRun.Outcome outcome =
        ffc(
            "search",
            "--checkpoint=" + StoredRun.FOLDER.resolve("format-1/ffc-two-row"),
            "--gallery=" + imported().resolve("train.rec"),
            "--cache=" + temp.resolve("cache"),
            "--query=" + photos.resolve(EVIL).resolve("10.png"),
            "--top=3",
            "--out=" + page);
    assertThat(outcome.code()).as(outcome.toString()).isZero();
    CollectingAlertHandler alerts = new CollectingAlertHandler();
    try (WebClient browser = new WebClient(BrowserVersion.CHROME)) {
      HtmlPage answer = open(browser, alerts, page);

      assertThat(pictures(answer)).hasSize(4).allMatch(size -> size.matches("[0-9]+x[0-9]+"));
      List<String> names =
          answer.querySelectorAll("b").stream().map(DomNode::getTextContent).toList();
      assertThat(names.subList(0, 2)).containsExactly("query", EVIL);
      assertThat(answer.asNormalizedText()).contains("10.png");
    }
    assertThat(alerts.getCollectedAlerts()).isEmpty();
  }
}
