package ffc.runs.experiment;

import ffc.loaders.remote.RemotePath;

/** Keeps {@code cluster.secret} and credentials in addresses out of files and command lines. */
public final class Secrets {
  /** Environment variable by which processes and resumed runs are given the secret. */
  public static final String VARIABLE = "FFC_CLUSTER_SECRET";

  /** What stands for it in a config. */
  public static final String REFERENCE = "${" + VARIABLE + "}";

  private Secrets() {}

  /** A command line or an override without the secrets that it may set. */
  public static String redact(String text) {
    return RemotePath.masked(text)
        .replaceAll("(\\bsecret[\"']?\\s*[=:]\\s*)(\"[^\"]*\"|'[^']*'|[^\\s,}\"']+)", "$1redacted");
  }
}
