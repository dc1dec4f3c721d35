import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Submits a document, waits for the result, and verifies the callback: JDK 11 or later alone.
 *
 * <pre>
 * export CHANCERY_API_URL=http://127.0.0.1:8080 CHANCERY_API_KEY=chy_...
 * export CHANCERY_CALLBACK_SECRET=whsec_...
 * java SubmitAndWait.java "The water is off on 5 March."
 * </pre>
 *
 * The department's allow-list must contain 127.0.0.1. The JDK has no JSON library; a real system
 * uses its own instead of the two small methods at the end.
 */
public class SubmitAndWait {
  private static final String API = System.getenv("CHANCERY_API_URL");
  private static final String KEY = System.getenv("CHANCERY_API_KEY");
  private static final String SECRET = System.getenv("CHANCERY_CALLBACK_SECRET");

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  public static void main(String[] arguments) throws Exception {
    CompletableFuture<String> callback = new CompletableFuture<>();
    HttpServer server = receiver(callback);
    try {
      String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/hooks/chancery";
      String job = submit(arguments[0], url);
      String id = find(job, "id");
      System.out.println("submitted " + id);
      String status = find(job, "status");
      while (!status.matches("succeeded|failed|cancelled|expired")) {
        status = find(get("/v1/jobs/" + id + "?wait=30"), "status");
      }
      System.out.println("status " + status);
      System.out.println("result " + get("/v1/jobs/" + id + "/result"));
      System.out.println("callback " + callback.get(30, TimeUnit.SECONDS));
    } finally {
      server.stop(0);
    }
  }

  private static String submit(String text, String callbackUrl) throws Exception {
    String body =
        "{\"task\": \"summarize\", \"input\": {\"text\": " + quoted(text) + "}, "
            + "\"callback_url\": " + quoted(callbackUrl) + "}";
    HttpRequest request =
        request("/v1/jobs")
            .header("Content-Type", "application/json")
            // With this key the request can be repeated when no answer came.
            .header("Idempotency-Key", UUID.randomUUID().toString())
            .POST(BodyPublishers.ofString(body))
            .build();
    return answer(request);
  }

  private static String get(String path) throws Exception {
    return answer(request(path).build());
  }

  private static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(API + path)).header("Authorization", "Bearer " + KEY);
  }

  private static String answer(HttpRequest request) throws Exception {
    HttpResponse<String> response = HTTP.send(request, BodyHandlers.ofString());
    if (response.statusCode() / 100 != 2) {
      throw new IOException(response.statusCode() + " " + response.body());
    }
    return response.body();
  }

  private static HttpServer receiver(CompletableFuture<String> callback) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext(
        "/hooks/chancery",
        exchange -> {
          try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            var headers = exchange.getRequestHeaders();
            boolean genuine =
                isGenuine(
                    headers.getFirst("webhook-id"),
                    headers.getFirst("webhook-timestamp"),
                    headers.getFirst("webhook-signature"),
                    body);
            exchange.sendResponseHeaders(genuine ? 204 : 401, -1);
            if (genuine) {
              callback.complete(find(new String(body, StandardCharsets.UTF_8), "type"));
            }
          } catch (GeneralSecurityException error) {
            throw new IOException(error);
          }
        });
    server.start();
    return server;
  }

  private static boolean isGenuine(String id, String timestamp, String signatures, byte[] body)
      throws GeneralSecurityException {
    if (id == null || timestamp == null || signatures == null) {
      return false;
    }
    if (!timestamp.matches("[0-9]{1,18}")
        || Math.abs(Instant.now().getEpochSecond() - Long.parseLong(timestamp)) > 300) {
      return false;
    }
    Mac mac = Mac.getInstance("HmacSHA256");
    byte[] secret = Base64.getDecoder().decode(SECRET.replaceFirst("^whsec_", ""));
    mac.init(new SecretKeySpec(secret, "HmacSHA256"));
    mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
    byte[] expected = ("v1," + Base64.getEncoder().encodeToString(mac.doFinal(body))).getBytes();
    boolean genuine = false;
    for (String each : signatures.split(" ")) {
      genuine |= MessageDigest.isEqual(expected, each.getBytes());
    }
    return genuine;
  }

  private static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (char each : text.toCharArray()) {
      if (each < ' ' || each == '"' || each == '\\') {
        json.append(String.format("\\u%04x", (int) each));
      } else {
        json.append(each);
      }
    }
    return json.append('"').toString();
  }

  /** The first string with this name. */
  private static String find(String json, String name) {
    Matcher found = Pattern.compile("\"" + name + "\"\\s*:\\s*\"([^\"]+)\"").matcher(json);
    return found.find() ? found.group(1) : "";
  }
}
