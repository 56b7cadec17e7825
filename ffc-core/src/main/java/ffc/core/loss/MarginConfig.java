package ffc.core.loss;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonSubTypes.Type;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Section {@code margin} of a method: the margin of its softmax and the scale of the logits. Each
 * family is one file with its formula and the record of its settings, and one line of the table
 * above this type. Whether a config gives a family settings of another is judged with the rest of
 * the config, so records leave out what they do not know.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type", defaultImpl = CosFace.Config.class)
@JsonSubTypes({
  @Type(name = "cosface", value = CosFace.Config.class),
  @Type(name = "arcface", value = ArcFace.Config.class),
  @Type(name = "combined", value = Combined.Config.class),
  @Type(name = "sv", value = Sv.Config.class),
  @Type(name = "normface", value = NormFace.Config.class),
  @Type(name = "adaface", value = AdaFace.Config.class),
  @Type(name = "curricularface", value = CurricularFace.Config.class)
})
@JsonIgnoreProperties(ignoreUnknown = true)
public interface MarginConfig {
  /** Name of the family that {@link #standard} belongs to. */
  String STANDARD = "cosface";

  /** Scale s of the logits. */
  Double scale();

  /** The margin with these settings; a {@link Margin} if it depends on cosines alone. */
  MarginRule create();

  /** Every default: cosface. */
  static MarginConfig standard() {
    return CosFaceConfigBuilder.builder().build();
  }

  /** The record of each family's settings by its name in a config. */
  static Map<String, Class<?>> families() {
    Map<String, Class<?>> families = new LinkedHashMap<>();
    for (Type family : MarginConfig.class.getAnnotation(JsonSubTypes.class).value()) {
      families.put(family.name(), family.value());
    }
    return families;
  }

  /** Names of a family's settings beside the scale, in the order of its record. */
  static List<String> settings(String family) {
    return Arrays.stream(families().get(family).getRecordComponents())
        .map(RecordComponent::getName)
        .filter(name -> !name.equals("scale"))
        .toList();
  }
}
