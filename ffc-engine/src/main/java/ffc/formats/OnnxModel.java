package ffc.formats;

import ffc.formats.proto.ProtoFields;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What weights are taken from: a model's arrays and its nodes in their order.
 *
 * @param arrays initialisers and constants by name, in the order of the file
 * @param nodes all others
 */
record OnnxModel(Map<String, HostTensor> arrays, List<Node> nodes) {
  // Numbers of fields: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
  private static final int GRAPH = 7;

  /**
   * An operator.
   *
   * @param operator such as {@code Conv}
   * @param inputs names of what goes in
   * @param outputs names of what comes out
   * @param integers attributes that are integers or lists of them
   * @param epsilon of a batch norm
   */
  record Node(
      String operator,
      List<String> inputs,
      List<String> outputs,
      Map<String, List<Long>> integers,
      float epsilon) {

    /** The first thing that comes out; empty if nothing does. */
    String output() {
      return outputs.isEmpty() ? "" : outputs.get(0);
    }

    /** The input at a place; empty if there is none. */
    String input(int place) {
      return place < inputs.size() ? inputs.get(place) : "";
    }
  }

  /**
   * Reads a model.
   *
   * @throws IllegalArgumentException if it is none, or keeps arrays in other files
   */
  static OnnxModel read(ByteBuffer model) {
    OnnxModel found = new OnnxModel(new LinkedHashMap<>(), new ArrayList<>());
    ProtoFields fields = new ProtoFields(model);
    while (fields.next()) {
      if (fields.number() == GRAPH) {
        found.graph(fields.bytes());
      }
    }
    found.shareArrays();
    return found;
  }

  /** Arrays of the same values are stored once by some exporters, and passed on by other names. */
  private void shareArrays() {
    for (Node node : nodes) {
      HostTensor shared = arrays.get(node.input(0));
      if (node.operator().equals("Identity") && shared != null) {
        arrays.putIfAbsent(node.output(), shared);
      }
    }
  }

  private void graph(ByteBuffer graph) {
    ProtoFields fields = new ProtoFields(graph);
    while (fields.next()) {
      switch (fields.number()) {
        case 1 -> node(fields.bytes());
        case 5 -> array(fields.bytes(), null);
        default -> {} // names, inputs, outputs, shapes in between
      }
    }
  }

  private void node(ByteBuffer node) {
    List<String> inputs = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    Map<String, List<Long>> integers = new LinkedHashMap<>();
    String operator = "";
    float epsilon = 1e-5f;
    ByteBuffer constant = null;
    ProtoFields fields = new ProtoFields(node);
    while (fields.next()) {
      switch (fields.number()) {
        case 1 -> inputs.add(text(fields.bytes()));
        case 2 -> outputs.add(text(fields.bytes()));
        case 4 -> operator = text(fields.bytes());
        case 5 -> {
          Attribute attribute = Attribute.read(fields.bytes());
          integers.put(attribute.name(), attribute.integers());
          epsilon = attribute.name().equals("epsilon") ? attribute.number() : epsilon;
          constant = attribute.name().equals("value") ? attribute.tensor() : constant;
        }
        default -> {} // name, domain, description
      }
    }
    if (operator.equals("Constant") && constant != null && !outputs.isEmpty()) {
      array(constant, outputs.get(0));
    } else {
      nodes.add(new Node(operator, inputs, outputs, integers, epsilon));
    }
  }

  private record Attribute(String name, float number, List<Long> integers, ByteBuffer tensor) {
    static Attribute read(ByteBuffer message) {
      String name = "";
      float number = 0;
      List<Long> integers = new ArrayList<>();
      ByteBuffer tensor = null;
      ProtoFields fields = new ProtoFields(message);
      while (fields.next()) {
        switch (fields.number()) {
          case 1 -> name = text(fields.bytes());
          case 2 -> number = fields.number32();
          case 3, 8 -> fields.integers(integers::add);
          case 5 -> tensor = fields.bytes();
          default -> {} // texts, graphs, types
        }
      }
      return new Attribute(name, number, integers, tensor);
    }
  }

  /**
   * @param given its name if it is not the array's own
   */
  private void array(ByteBuffer message, String given) {
    List<Long> sizes = new ArrayList<>();
    String name = "";
    long type = 0;
    ByteBuffer raw = null;
    List<ByteBuffer> floats = new ArrayList<>();
    List<Long> integers = new ArrayList<>();
    ProtoFields fields = new ProtoFields(message);
    while (fields.next()) {
      switch (fields.number()) {
        case 1 -> fields.integers(sizes::add);
        case 2 -> type = fields.integer();
        case 4 -> floats.add(fields.fixed32());
        case 5, 7 -> fields.integers(integers::add);
        case 8 -> name = text(fields.bytes());
        case 9 -> raw = fields.bytes();
        case 14 -> {
          if (fields.integer() != 0) {
            throw new IllegalArgumentException(
                "keeps the array "
                    + name
                    + " in another file; wanted one file: onnx.save_model(onnx.load(FILE), OTHER)");
          }
        }
        default -> {} // doubles, texts, descriptions
      }
    }
    ElementType element = element(type);
    if (element == null) {
      return; // texts and complex numbers are no weights
    }
    long[] shape = sizes.stream().mapToLong(Long::longValue).toArray();
    arrays.put(
        given == null ? name : given,
        new HostTensor(element, shape, raw == null ? data(element, floats, integers) : raw));
  }

  /** The values of an array that has them one by one. */
  private static ByteBuffer data(ElementType type, List<ByteBuffer> floats, List<Long> integers) {
    int size = floats.stream().mapToInt(ByteBuffer::remaining).sum();
    ByteBuffer data =
        ByteBuffer.allocate(size + integers.size() * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    floats.forEach(part -> data.put(part.duplicate()));
    for (long integer : integers) {
      switch (type.bytes()) {
        case 1 -> data.put((byte) integer);
        case 2 -> data.putShort((short) integer);
        case 4 -> data.putInt((int) integer);
        default -> data.putLong(integer);
      }
    }
    return data.flip();
  }

  private static ElementType element(long type) {
    return switch ((int) type) {
      case 1 -> ElementType.F32;
      case 2 -> ElementType.U8;
      case 3 -> ElementType.I8;
      case 5 -> ElementType.I16;
      case 6 -> ElementType.I32;
      case 7 -> ElementType.I64;
      case 9 -> ElementType.BOOL;
      case 10 -> ElementType.F16;
      case 11 -> ElementType.F64;
      case 16 -> ElementType.BF16;
      default -> null;
    };
  }

  private static String text(ByteBuffer bytes) {
    return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
  }
}
