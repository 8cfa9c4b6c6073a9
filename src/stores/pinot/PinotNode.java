// The whole of a native Pinot in one JVM: ZooKeeper, controller, broker and server. Run by Java's source launcher, with
// Pinot's jars on the class path and a file of properties as its argument (src/stores/pinot/settings.ts).
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import javassist.CannotCompileException;
import javassist.ClassPool;
import javassist.CtClass;
import javassist.CtConstructor;
import javassist.LoaderClassPath;
import javassist.expr.ExprEditor;
import javassist.expr.MethodCall;
import org.apache.pinot.broker.broker.helix.HelixBrokerStarter;
import org.apache.pinot.controller.ControllerStarter;
import org.apache.pinot.server.starter.helix.HelixServerStarter;
import org.apache.pinot.spi.env.PinotConfiguration;
import org.apache.pinot.spi.services.ServiceStartable;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.proto.ReplyHeader;
import org.apache.zookeeper.server.Request;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;

public final class PinotNode {
  private static final String LOOPBACK = "127.0.0.1";
  private static final String LOGIN = "arch.zookeeper.login";
  private static final int CONNECTIONS = 100;
  private static final int TICK_MS = 2000;

  public static void main(String[] arguments) {
    try {
      start(arguments[0]);
    } catch (Throwable failure) {
      // Threads of the roles would keep it alive.
      failure.printStackTrace();
      System.exit(1);
    }
  }

  private static void start(String propertiesFile) throws Exception {
    Properties properties = new Properties();
    try (FileInputStream file = new FileInputStream(propertiesFile)) {
      properties.load(file);
    }
    Map<String, Object> settings = new HashMap<>();
    for (String name : properties.stringPropertyNames()) settings.put(name, properties.getProperty(name));
    changeClasses();
    startZooKeeper(properties);
    // Nothing is ended in order: an instance starts empty, and reads its topics from their beginning.
    for (ServiceStartable role :
        new ServiceStartable[] {new ControllerStarter(), new HelixBrokerStarter(), new HelixServerStarter()}) {
      role.init(new PinotConfiguration(settings));
      role.start();
      System.out.println(role.getServiceRole() + " started");
    }
  }

  /** On loopback, and closed to who has no password: the tables' settings hold that of Kafka. */
  private static void startZooKeeper(Properties properties) throws Exception {
    String login = properties.getProperty("arch.user") + ":" + properties.getProperty("arch.password");
    System.setProperty(LOGIN, login);
    File folder = new File(properties.getProperty("arch.zookeeper.folder"));
    int port = Integer.parseInt(properties.getProperty("arch.zookeeper.port"));
    Id expected = new Id("digest", DigestAuthenticationProvider.generateDigest(login));
    ServerCnxnFactory.createFactory(new InetSocketAddress(LOOPBACK, port), CONNECTIONS)
        .startup(new ClosedZooKeeper(folder, expected));
  }

  /** A ZooKeeper that answers those alone who have said who they are. */
  private static final class ClosedZooKeeper extends ZooKeeperServer {
    private final Id expected;

    ClosedZooKeeper(File folder, Id expected) throws IOException {
      super(folder, folder, TICK_MS);
      this.expected = expected;
    }

    @Override
    public void submitRequest(Request request) {
      boolean isOfSession =
          request.type == OpCode.createSession || request.type == OpCode.closeSession || request.type == OpCode.ping;
      if (isOfSession || request.cnxn == null || request.cnxn.getAuthInfo().contains(expected)) {
        super.submitRequest(request);
        return;
      }
      try {
        request.cnxn.sendResponse(
            new ReplyHeader(request.cxid, 0, KeeperException.Code.NOAUTH.intValue()), null, "response");
      } catch (IOException closed) {
        // Whoever asked has gone.
      }
    }
  }

  /** Three things that no setting of Pinot says, changed before their classes are loaded. */
  private static void changeClasses() throws Exception {
    ClassLoader loader = ServiceStartable.class.getClassLoader();
    ClassPool classes = new ClassPool(true);
    classes.appendClassPath(new LoaderClassPath(loader));
    // The port by which a broker asks the server is bound to every address.
    CtClass server = classes.get("org.apache.pinot.core.transport.QueryServer");
    server
        .getDeclaredMethod("start")
        .instrument(
            new ExprEditor() {
              @Override
              public void edit(MethodCall call) throws CannotCompileException {
                if (call.getMethodName().equals("bind")) call.replace("$_ = $0.bind(\"" + LOOPBACK + "\", $1);");
              }
            });
    server.toClass(loader, null);
    // Every client of ZooKeeper says who it is, before anything else.
    CtClass client = classes.get("org.apache.zookeeper.ZooKeeper");
    for (CtConstructor constructor : client.getDeclaredConstructors())
      if (constructor.callsSuper())
        constructor.insertAfter("addAuthInfo(\"digest\", System.getProperty(\"" + LOGIN + "\").getBytes());");
    client.toClass(loader, null);
    // The pages about its interfaces read every class of every jar at the start, three times.
    CtClass pages = classes.get("io.swagger.jaxrs.config.BeanConfig");
    pages.getDeclaredMethod("setScan", new CtClass[] {CtClass.booleanType}).setBody("{}");
    pages.toClass(loader, null);
  }
}
