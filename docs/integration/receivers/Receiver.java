import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Receives Chancery's callbacks: JDK 11 or later, no libraries.
 *
 * <pre>CHANCERY_CALLBACK_SECRET=whsec_... java Receiver.java 9000</pre>
 */
public class Receiver {
  private static final long TOLERANCE_SECONDS = 300;
  private static final int MAX_BYTES = 1024 * 1024;

  private final byte[] secret;
  // Keep the ids in your database, in the transaction that stores the event.
  private final Set<String> seen = ConcurrentHashMap.newKeySet();

  Receiver(String secret) {
    this.secret = Base64.getDecoder().decode(secret.replaceFirst("^whsec_", ""));
  }

  boolean isGenuine(String id, String timestamp, String signatures, byte[] body)
      throws GeneralSecurityException {
    if (!timestamp.matches("[0-9]{1,18}")) {
      return false;
    }
    long age = Instant.now().getEpochSecond() - Long.parseLong(timestamp);
    if (Math.abs(age) > TOLERANCE_SECONDS) {
      return false;
    }
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(secret, "HmacSHA256"));
    mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
    byte[] expected = ("v1," + Base64.getEncoder().encodeToString(mac.doFinal(body))).getBytes();
    boolean genuine = false;
    // After a change of the secret there are two signatures.
    for (String each : signatures.split(" ")) {
      genuine |= MessageDigest.isEqual(expected, each.getBytes());
    }
    return genuine;
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.sendResponseHeaders(status(exchange), -1);
    } catch (GeneralSecurityException error) {
      throw new IOException(error);
    }
  }

  private int status(HttpExchange exchange) throws IOException, GeneralSecurityException {
    if (!exchange.getRequestMethod().equals("POST")) {
      return 405;
    }
    byte[] body = exchange.getRequestBody().readNBytes(MAX_BYTES + 1);
    if (body.length > MAX_BYTES) {
      return 413;
    }
    String id = header(exchange, "webhook-id");
    String timestamp = header(exchange, "webhook-timestamp");
    if (!isGenuine(id, timestamp, header(exchange, "webhook-signature"), body)) {
      return 401;
    }
    if (seen.add(id)) {
      // Store the event here, and process it after the answer. Use your JSON library: the JDK
      // has none, and this expression suffices to print the type and the first id.
      String event = new String(body, StandardCharsets.UTF_8);
      System.out.println(id + " " + find(event, "type") + " " + find(event, "id"));
    }
    return 204;
  }

  private static String header(HttpExchange exchange, String name) {
    String value = exchange.getRequestHeaders().getFirst(name);
    return value == null ? "" : value;
  }

  private static String find(String json, String name) {
    Matcher found = Pattern.compile("\"" + name + "\"\\s*:\\s*\"([^\"]+)\"").matcher(json);
    return found.find() ? found.group(1) : "";
  }

  public static void main(String[] arguments) throws IOException {
    Receiver receiver = new Receiver(System.getenv("CHANCERY_CALLBACK_SECRET"));
    int port = Integer.parseInt(arguments[0]);
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
    server.createContext("/", receiver::handle);
    server.setExecutor(Executors.newFixedThreadPool(8));
    server.start();
  }
}
