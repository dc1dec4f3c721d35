// java Offers.java URL KEY: calls by the JDK's HttpClient, which offers `Upgrade: h2c` by default.

import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;

public class Offers {
  static final String JOB = "{\"task\":\"summarize\",\"input\":{\"text\":\"The water is off.\"}}";

  public static void main(String[] arguments) throws Exception {
    HttpClient client = HttpClient.newHttpClient();
    call(client, arguments, "GET", "/v1/tasks", null);
    call(client, arguments, "JSON", "/v1/jobs", BodyPublishers.ofString(JOB));
    call(client, arguments, "JSON again", "/v1/jobs", BodyPublishers.ofString(JOB));
    BodyPublisher chunks = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(JOB.getBytes()));
    call(HttpClient.newHttpClient(), arguments, "chunks", "/v1/jobs", chunks);
    String picture = "\211PNG\r\n\032\n" + "The water is off.\n".repeat(1_150_000);
    byte[] large = picture.getBytes(StandardCharsets.ISO_8859_1);
    call(HttpClient.newHttpClient(), arguments, "document", "/v1/documents", BodyPublishers.ofByteArray(large));
  }

  static void call(HttpClient client, String[] arguments, String name, String path, BodyPublisher body)
      throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(arguments[0] + path))
        .header("Authorization", "Bearer " + arguments[1]);
    request = body == null ? request.GET() : request.POST(body);
    System.out.println(name + " " + client.send(request.build(), BodyHandlers.ofString()).statusCode());
  }
}
