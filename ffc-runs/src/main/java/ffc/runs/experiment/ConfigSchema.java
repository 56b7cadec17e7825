package ffc.runs.experiment;

import com.fasterxml.classmate.ResolvedType;
import com.fasterxml.jackson.annotation.JsonFormat;
import com.github.victools.jsonschema.generator.CustomDefinition;
import com.github.victools.jsonschema.generator.FieldScope;
import com.github.victools.jsonschema.generator.MemberScope;
import com.github.victools.jsonschema.generator.Option;
import com.github.victools.jsonschema.generator.OptionPreset;
import com.github.victools.jsonschema.generator.SchemaGenerationContext;
import com.github.victools.jsonschema.generator.SchemaGenerator;
import com.github.victools.jsonschema.generator.SchemaGeneratorConfigBuilder;
import com.github.victools.jsonschema.generator.SchemaVersion;
import com.github.victools.jsonschema.module.jackson.JacksonOption;
import com.github.victools.jsonschema.module.jackson.JacksonSchemaModule;
import com.github.victools.jsonschema.module.jakarta.validation.JakartaValidationModule;
import com.github.victools.jsonschema.module.jakarta.validation.JakartaValidationOption;
import ffc.core.loss.MarginConfig;
import ffc.core.method.MethodConfig;
import ffc.eval.EvaluateConfig;
import ffc.loaders.data.DataConfig;
import ffc.loaders.format.DataFormats;
import jakarta.validation.constraints.Pattern;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * JSON schema of an experiment, derived from the config records and their annotations: what editors
 * complete from and what {@link ConfigLoader} validates against.
 */
public final class ConfigSchema {
  private static final BigDecimal INT_MAX = BigDecimal.valueOf(Integer.MAX_VALUE);
  private static final BigDecimal LONG_MAX = BigDecimal.valueOf(Long.MAX_VALUE);

  /** Marks lists of which one element may stand alone, while the schema is made. */
  private static final String ONE_OR_MORE = "oneOrMore";

  private ConfigSchema() {}

  /** The schema, draft 2020-12; a new tree at each call. */
  public static ObjectNode generate() {
    SchemaGeneratorConfigBuilder builder =
        new SchemaGeneratorConfigBuilder(SchemaVersion.DRAFT_2020_12, OptionPreset.PLAIN_JSON)
            .with(
                new JacksonSchemaModule(
                    JacksonOption.SKIP_SUBTYPE_LOOKUP, JacksonOption.IGNORE_TYPE_INFO_TRANSFORM))
            .with(
                new JakartaValidationModule(JakartaValidationOption.NOT_NULLABLE_FIELD_IS_REQUIRED))
            .with(
                Option.DEFINITIONS_FOR_ALL_OBJECTS,
                Option.MAP_VALUES_AS_ADDITIONAL_PROPERTIES,
                Option.FORBIDDEN_ADDITIONAL_PROPERTIES_BY_DEFAULT);
    builder
        .forFields()
        .withStringPatternResolver(ConfigSchema::pattern)
        .withStringMinLengthResolver(ConfigSchema::shortest)
        .withEnumResolver(ConfigSchema::names)
        .withNumberInclusiveMaximumResolver(ConfigSchema::maximum)
        .withNumberInclusiveMinimumResolver(ConfigSchema::minimum)
        .withInstanceAttributeOverride(
            (attributes, field, context) -> markOneOrMore(attributes, field));
    builder
        .forTypesInGeneral()
        .withPropertySorter(
            (unused1, unused2) -> 0) // as declared: the order in which people read a file
        .withCustomDefinitionProvider(
            (type, context) ->
                type.getErasedType() == MethodConfig.class
                    ? definition(methods(context))
                    : type.getErasedType() == MarginConfig.class
                        ? definition(margins(context))
                        : null);
    ObjectNode schema = new SchemaGenerator(builder.build()).generateSchema(Experiment.class);
    widenTypes(schema);
    schema.put("title", "FFC experiment");
    return schema;
  }

  /** Paths of the single settings and of those that stand directly in a section. */
  public static List<String> settings() {
    ObjectNode schema = generate();
    List<String> paths = new ArrayList<>();
    for (Map.Entry<String, JsonNode> section : schema.path("properties").properties()) {
      String reference = section.getValue().path("$ref").asString("");
      JsonNode inner = reference.isEmpty() ? section.getValue() : schema.at(reference.substring(1));
      if (!inner.has("properties")) {
        paths.add(section.getKey());
      }
      for (String name : inner.path("properties").propertyNames()) {
        paths.add(section.getKey() + "." + name);
      }
    }
    return paths;
  }

  private static CustomDefinition definition(ObjectNode schema) {
    return new CustomDefinition(
        schema, CustomDefinition.DefinitionType.STANDARD, CustomDefinition.AttributeInclusion.NO);
  }

  /**
   * The section of a margin: what a setting is depends on {@code type}, which may be left out.
   * Names of all families are known, so that one that gives a setting of another is told so by a
   * rule.
   */
  private static ObjectNode margins(SchemaGenerationContext context) {
    ObjectNode schema = context.getGeneratorConfig().createObjectNode();
    schema.put("type", "object");
    ObjectNode properties = schema.putObject("properties");
    ObjectNode type = properties.putObject("type");
    type.put("description", "Family of the margin (default " + MarginConfig.STANDARD + ")");
    MarginConfig.families().keySet().forEach(type.putArray("enum")::add);
    ArrayNode choices = schema.putArray("allOf");
    MarginConfig.families()
        .forEach(
            (name, config) -> {
              ObjectNode choice = choices.addObject();
              ObjectNode condition = choice.putObject("if");
              condition.putObject("properties").putObject("type").put("const", name);
              if (!name.equals(MarginConfig.STANDARD)) {
                condition.putArray("required").add("type");
              }
              ObjectNode family =
                  context.createStandardDefinition(context.getTypeContext().resolve(config), null);
              family.remove("additionalProperties");
              family.path("properties").propertyNames().forEach(properties::putObject);
              choice.set("then", family);
            });
    schema.put("additionalProperties", false);
    return schema;
  }

  /** The section of a method: the settings depend on {@code type}. */
  private static ObjectNode methods(SchemaGenerationContext context) {
    ObjectNode schema = context.getGeneratorConfig().createObjectNode();
    schema.put("type", "object");
    schema.putArray("required").add("type");
    ObjectNode type = schema.putObject("properties").putObject("type");
    type.put("description", "Name of the method");
    Methods.types().forEach(type.putArray("enum")::add);
    ArrayNode choices = schema.putArray("allOf");
    for (String name : Methods.types()) {
      ResolvedType config = context.getTypeContext().resolve(Methods.config(name));
      ObjectNode choice = choices.addObject();
      ObjectNode condition = choice.putObject("if");
      condition.putObject("properties").putObject("type").put("const", name);
      condition.putArray("required").add("type");
      choice.set("then", context.createDefinitionReference(config));
    }
    return schema;
  }

  /** Patterns of jakarta validation match the whole text, those of JSON schema any part of it. */
  private static String pattern(MemberScope<?, ?> scope) {
    Pattern pattern = annotation(scope);
    return pattern == null ? null : "^(?:" + pattern.regexp() + ")$";
  }

  /** Names of a table that a text must be one of. */
  private static List<String> names(FieldScope field) {
    Class<?> owner = field.getDeclaringType().getErasedType();
    return !field.getName().equals("format")
        ? null
        : owner == DataConfig.Source.class
            ? DataFormats.names()
            : owner == EvaluateConfig.class ? EvaluateConfig.formats() : null;
  }

  /** An empty text stands for a variable without a value; left out, a setting has its default. */
  private static Integer shortest(FieldScope field) {
    return is(field, String.class) && names(field) == null ? 1 : null;
  }

  private static BigDecimal maximum(FieldScope field) {
    return is(field, Integer.class, int.class)
        ? INT_MAX
        : is(field, Long.class, long.class) ? LONG_MAX : null;
  }

  private static BigDecimal minimum(FieldScope field) {
    return is(field, Integer.class, int.class)
        ? INT_MAX.negate()
        : is(field, Long.class, long.class) ? LONG_MAX.negate() : null;
  }

  private static boolean is(FieldScope field, Class<?>... types) {
    Class<?> type = field.getType() == null ? null : field.getType().getErasedType();
    return type != null && List.of(types).contains(type);
  }

  /** Marks a list whose element may stand alone. */
  private static void markOneOrMore(ObjectNode attributes, FieldScope field) {
    JsonFormat format = field.getAnnotation(JsonFormat.class);
    // An element is asked too, by the annotations of its list.
    if (format != null
        && !field.isFakeContainerItemScope()
        && List.of(format.with()).contains(JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY)) {
      attributes.put(ONE_OR_MORE, true); // the type is written later
    }
  }

  /**
   * YAML reads {@code at: [100, end]} as a number and a text: where digits match, both will do. A
   * list of one may be written as its element.
   */
  private static void widenTypes(JsonNode node) {
    String pattern = node.path("pattern").asString("");
    if (node instanceof ObjectNode object && !pattern.isEmpty() && "1".matches(pattern)) {
      object.putArray("type").add("string").add("integer");
      object.put("minimum", 0);
    }
    if (node instanceof ObjectNode object && object.remove(ONE_OR_MORE) != null) {
      object.putArray("type").add("string").add("array");
      object.put("minLength", 1);
    }
    node.forEach(ConfigSchema::widenTypes);
  }

  private static Pattern annotation(MemberScope<?, ?> scope) {
    return scope.isFakeContainerItemScope()
        ? scope.getContainerItemAnnotation(Pattern.class)
        : scope.getAnnotation(Pattern.class);
  }
}
