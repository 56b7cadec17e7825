package ffc.runs.page;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** The frame of a page: no file, font or script from anywhere else. */
public final class Html {
  private Html() {}

  /** A page with charts that show the values under the pointer. */
  public static String page(String title, String body) {
    return page(title, body, "");
  }

  /** As {@link #page(String, String)}, with a script more, a resource beside a class. */
  public static String page(String title, String body, Class<?> owner, String script) {
    return page(title, body, resource(owner, script));
  }

  private static String page(String title, String body, String script) {
    return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
        + "<meta name=\"color-scheme\" content=\"light dark\">"
        + "<link rel=\"icon\" href=\"data:,\">"
        + "<title>"
        + escape(title)
        + "</title><style>\n"
        + resource(Html.class, "page.css")
        + "</style></head><body>\n"
        + body
        + "<script>\n"
        + resource(Html.class, "charts.js")
        + script
        + "</script></body></html>\n";
  }

  public static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }

  /** A figure in a box. */
  public static String tile(String value, String name, String note) {
    return "<div class=\"tile\"><b>"
        + escape(value)
        + "</b><span>"
        + escape(name)
        + "</span><small>"
        + escape(note)
        + "</small></div>";
  }

  /** Formats with a decimal point in every country. */
  public static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private static String resource(Class<?> owner, String name) {
    try (InputStream in = owner.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
