package ffc.runs.experiment;

import ffc.core.method.MethodConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads an experiment: YAML, then {@code --set} overrides, then the schema, then the rules between
 * settings. All mistakes of all stages are reported together.
 *
 * <p>Paths inside a configuration are relative to the working directory.
 */
public final class ConfigLoader {
  private static final String BUILT = "experiment";

  private final SchemaProblems schema = new SchemaProblems();
  private final Optional<Trial> trial;
  private final Consumer<String> say;

  /** Reads experiments as they stand. */
  public ConfigLoader() {
    this(Optional.empty(), line -> {});
  }

  /**
   * Reads experiments that are to be trained.
   *
   * @param trial cuts them down
   * @param say told in one line what the trial changes
   */
  public ConfigLoader(Optional<Trial> trial, Consumer<String> say) {
    this.trial = trial;
    this.say = say;
  }

  /** The same without a word on what the trial changes. */
  public ConfigLoader silent() {
    return new ConfigLoader(trial, line -> {});
  }

  /** Whether it cuts experiments down. */
  public boolean isTrial() {
    return trial.isPresent();
  }

  /**
   * Checks an experiment that a program has put together, as if a file said the same; a trial does
   * not cut it down.
   *
   * @param machine whether files and devices that it names must exist on this machine
   * @return the same experiment
   * @throws ConfigException if anything is wrong, with every mistake
   */
  public Experiment check(Experiment experiment, boolean machine) {
    List<Problem> problems = new ArrayList<>();
    byte[] yaml = ConfigWriter.yamlWithSecret(experiment).getBytes(StandardCharsets.UTF_8);
    ObjectNode root = YamlReader.read(BUILT, yaml, problems).root();
    ConfigTree tree = new ConfigTree(BUILT, root);
    tree.place(JsonPointer.empty(), BUILT, BUILT); // a record has no lines to point at
    return check(tree, Set.of(), problems, machine);
  }

  /**
   * Reads and checks a file.
   *
   * @param file the experiment
   * @param overrides {@code path=value} texts, applied in order
   * @param machine whether files and devices that the experiment names must exist on this machine
   * @throws ConfigException if anything is wrong, with every mistake
   */
  public Experiment load(Path file, List<String> overrides, boolean machine) {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new ConfigException(List.of(new Problem(file.toString(), "", "no such file")));
    } catch (IOException e) {
      throw new ConfigException(
          List.of(new Problem(file.toString(), "", "cannot be read: " + e.getMessage())));
    }
    return parse(file.toString(), bytes, overrides, machine);
  }

  /** As {@link #load}, from memory; {@code label} stands for the file's name in messages. */
  public Experiment parse(String label, byte[] yaml, List<String> overrides, boolean machine) {
    List<Problem> problems = new ArrayList<>();
    ConfigTree tree = YamlReader.read(label, yaml, problems);
    if (tree.root().isEmpty() && !problems.isEmpty()) {
      throw new ConfigException(problems); // unreadable: nothing further can be said
    }
    if (tree.root().has("contenders")) {
      throw new ConfigException(
          List.of(new Problem(label, "", "is a comparison, which ./ffc compare runs")));
    }
    Overrides sets = new Overrides(tree, problems);
    overrides.forEach(sets::apply);
    trial.ifPresent(cut -> cut.apply(tree, sets, say));
    Set<JsonPointer> unset = new Variables(System::getenv, machine).expand(tree, problems);
    return check(tree, unset, problems, machine);
  }

  private Experiment check(
      ConfigTree tree, Set<JsonPointer> unset, List<Problem> problems, boolean machine) {
    Set<JsonPointer> faulty = new HashSet<>(schema.check(tree, problems));
    faulty.addAll(unset);
    if (problems.size() >= ConfigException.MOST) {
      throw new ConfigException(problems);
    }

    ObjectNode sound = tree.root().deepCopy();
    faulty.stream()
        .sorted(Comparator.comparing(JsonPointer::toString).reversed())
        .forEach(at -> remove(sound, at));
    Experiment experiment = bind(sound, tree, problems);
    if (experiment != null) {
      Rules rules = new Rules(experiment, tree, faulty, problems);
      rules.check();
      if (machine) {
        new MachineRules(experiment, rules).check();
      }
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
    return experiment;
  }

  /**
   * Whether a setting is given, by the file or an override, and not left to its default.
   *
   * @param setting path such as {@code run.threads}
   */
  public static boolean gives(Path file, List<String> overrides, String setting)
      throws IOException {
    List<Problem> problems = new ArrayList<>();
    ConfigTree tree = YamlReader.read(file.toString(), Files.readAllBytes(file), problems);
    Overrides sets = new Overrides(tree, problems);
    overrides.forEach(sets::apply);
    JsonNode value = tree.at(ConfigTree.pointer(List.of(setting.split("\\."))));
    return !value.isMissingNode() && !value.isNull();
  }

  /**
   * Where a YAML file says something: {@code file:line:column}, of the nearest that there is.
   *
   * @param path keys and indices from the top
   * @param key whether the place of the key is meant, not that of its value
   */
  public static String place(Path file, List<String> path, boolean key) {
    try {
      ConfigTree tree =
          YamlReader.read(file.toString(), Files.readAllBytes(file), new ArrayList<>());
      JsonPointer at = ConfigTree.pointer(path);
      return key ? tree.keyPlace(at) : tree.valuePlace(at);
    } catch (IOException e) {
      return file.toString();
    }
  }

  private static Experiment bind(ObjectNode tree, ConfigTree places, List<Problem> problems) {
    JsonNode type = tree.path("method").path("type");
    Class<? extends MethodConfig> method =
        type.isString() ? Methods.config(type.stringValue()) : null;
    if (method == null) {
      tree.remove("method");
    }
    SimpleModule module = new SimpleModule();
    if (method != null) {
      addMethod(module, method);
    }
    JsonMapper mapper =
        JsonMapper.builder()
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .addModule(module)
            .build();
    try {
      return mapper.treeToValue(tree, Experiment.class);
    } catch (DatabindException e) {
      if (problems.isEmpty()) {
        List<String> path = new ArrayList<>();
        e.getPath()
            .forEach(
                step ->
                    path.add(
                        step.getPropertyName() != null
                            ? step.getPropertyName()
                            : Integer.toString(step.getIndex())));
        JsonPointer at = ConfigTree.pointer(path);
        problems.add(
            new Problem(
                places.valuePlace(at),
                ConfigTree.dotted(at),
                Describe.oneLine(e.getOriginalMessage())));
      }
    } catch (JacksonException e) {
      problems.add(new Problem(places.valuePlace(JsonPointer.empty()), "", e.getOriginalMessage()));
    }
    return null;
  }

  private static <T extends MethodConfig> void addMethod(SimpleModule module, Class<T> type) {
    module.addAbstractTypeMapping(MethodConfig.class, type);
  }

  /** Takes a faulty setting out, so that the rules can judge the rest. */
  private static void remove(ObjectNode root, JsonPointer at) {
    if (at.matches()) {
      root.removeAll();
      return;
    }
    JsonNode parent = root.at(at.head());
    if (parent instanceof ObjectNode object) {
      object.remove(at.last().getMatchingProperty());
    } else if (parent instanceof ArrayNode) {
      remove(root, at.head()); // without one element, the indices of the others would lie
    }
  }
}
