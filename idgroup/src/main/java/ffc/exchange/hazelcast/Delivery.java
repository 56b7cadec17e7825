package ffc.exchange.hazelcast;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.DataSerializableFactory;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import com.hazelcast.spi.impl.operationservice.Operation;
import java.io.IOException;

/**
 * A record on its way into the {@link Mailbox} of the member that runs this: Hazelcast repeats it
 * until that member has taken it or has left.
 */
// The service interface of Hazelcast, which its own data structures are made of, is not part of the
// public API: docs/decisions/023. This class and ClusterMember.send are all that use it.
final class Delivery extends Operation implements IdentifiedDataSerializable {
  static final int FACTORY = 1;
  static final DataSerializableFactory DELIVERIES = type -> new Delivery();

  private long epoch;
  private byte[] frame;

  /** To be read. */
  private Delivery() {}

  /**
   * @param epoch number of the membership epoch
   */
  Delivery(long epoch, byte[] frame) {
    this.epoch = epoch;
    this.frame = frame;
  }

  @Override
  public void run() {
    Mailbox mailbox =
        (Mailbox)
            getNodeEngine().getHazelcastInstance().getUserContext().get(Mailbox.class.getName());
    mailbox.put(Frames.label(epoch, frame), frame);
  }

  @Override
  protected void writeInternal(ObjectDataOutput out) throws IOException {
    out.writeLong(epoch);
    out.writeByteArray(frame);
  }

  @Override
  protected void readInternal(ObjectDataInput in) throws IOException {
    epoch = in.readLong();
    frame = in.readByteArray();
  }

  @Override
  public int getFactoryId() {
    return FACTORY;
  }

  @Override
  public int getClassId() {
    return 0;
  }
}
