package ffc.loaders.parquet;

import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.format.ConvertedType;
import org.apache.parquet.format.FieldRepetitionType;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.Type;

/**
 * A column that holds values, as the schema has it.
 *
 * @param number of it among all of the file
 * @param path names from the outermost struct on, with points between
 * @param levels how many of these may be null, it included
 */
record Leaf(int number, String path, Kind kind, Type type, int levels) {
  /** What its values may serve as; the names are for messages. */
  enum Kind {
    BYTES,
    TEXT,
    NUMBER,
    LIST,
    OTHER
  }

  /** Structs within each other; deeper ones are damage. */
  private static final int DEEPEST = 64;

  /**
   * The leaves of a schema.
   *
   * @param elements in the order of the footer: each struct before its members
   * @throws IllegalArgumentException if they are no tree
   */
  static List<Leaf> of(List<SchemaElement> elements) {
    List<Leaf> leaves = new ArrayList<>();
    int end = elements.isEmpty() ? -1 : members(elements, 0, "", 0, false, 0, leaves);
    if (end != elements.size()) {
      throw new IllegalArgumentException("the columns are no tree");
    }
    return leaves;
  }

  private static int members(
      List<SchemaElement> elements,
      int struct,
      String path,
      int levels,
      boolean repeated,
      int depth,
      List<Leaf> leaves) {
    int at = struct + 1;
    for (int member = 0; member < elements.get(struct).getNum_children(); member++) {
      if (at >= elements.size() || depth > DEEPEST) {
        throw new IllegalArgumentException("the columns are no tree");
      }
      SchemaElement element = elements.get(at);
      FieldRepetitionType repetition = element.getRepetition_type();
      int own = levels + (repetition == FieldRepetitionType.REQUIRED ? 0 : 1);
      boolean many = repeated || repetition == FieldRepetitionType.REPEATED;
      String name = path.isEmpty() ? element.getName() : path + "." + element.getName();
      if (element.isSetType()) {
        Kind kind = many ? Kind.LIST : kind(element);
        leaves.add(new Leaf(leaves.size(), name, kind, element.getType(), own));
        at++;
      } else {
        at = members(elements, at, name, own, many, depth + 1, leaves);
      }
    }
    return at;
  }

  private static Kind kind(SchemaElement element) {
    ConvertedType old = element.getConverted_type();
    return switch (element.getType()) {
      case BYTE_ARRAY -> {
        if (element.isSetLogicalType()
            ? element.getLogicalType().isSetSTRING() || element.getLogicalType().isSetENUM()
            : old == ConvertedType.UTF8 || old == ConvertedType.ENUM) {
          yield Kind.TEXT;
        }
        yield element.isSetLogicalType() || old != null ? Kind.OTHER : Kind.BYTES;
      }
      case INT32, INT64 -> {
        boolean plain =
            element.isSetLogicalType()
                ? element.getLogicalType().isSetINTEGER()
                : old == null || old.name().matches("U?INT_[0-9]+");
        yield plain ? Kind.NUMBER : Kind.OTHER;
      }
      default -> Kind.OTHER;
    };
  }

  /** The outermost name. */
  String top() {
    int point = path.indexOf('.');
    return point < 0 ? path : path.substring(0, point);
  }

  @Override
  public String toString() {
    return path + " (" + kind.name().toLowerCase(java.util.Locale.ROOT) + ")";
  }
}
