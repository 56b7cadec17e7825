/**
 * Messages of Protobuf, written and read field by field, without a schema. Open {@link
 * ffc.formats.proto.ProtoMessage} first.
 */
package ffc.formats.proto;
