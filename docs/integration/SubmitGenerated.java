import chancery.ApiClient;
import chancery.ApiException;
import chancery.api.DocumentsApi;
import chancery.api.JobsApi;
import chancery.model.DocumentView;
import chancery.model.JobInput;
import chancery.model.JobRequest;
import chancery.model.JobStatus;
import chancery.model.JobView;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.math.BigDecimal;
import java.util.EnumSet;
import java.util.Set;
import java.util.UUID;

/**
 * Submits a document with the client that is generated from openapi.json: `make java-client`.
 *
 * <pre>CHANCERY_API_URL=http://127.0.0.1:8080 CHANCERY_API_KEY=chy_... java ... notice.txt</pre>
 */
public class SubmitGenerated {
  private static final Set<JobStatus> OPEN =
      EnumSet.of(JobStatus.SCHEDULED, JobStatus.QUEUED, JobStatus.RUNNING);

  public static void main(String[] arguments) throws Exception {
    ApiClient client = new ApiClient();
    client.updateBaseUri(System.getenv("CHANCERY_API_URL"));
    String key = System.getenv("CHANCERY_API_KEY");
    client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + key));
    JobsApi jobs = new JobsApi(client);
    try {
      File file = new File(arguments[0]);
      DocumentView document = new DocumentsApi(client).uploadDocument(file, file.getName(), null);
      JobRequest request = new JobRequest();
      request.task("summarize").input(new JobInput().documentId(document.getId()));
      JobView job = jobs.submitJob(request, UUID.randomUUID().toString());
      while (OPEN.contains(job.getStatus())) {
        job = jobs.getJob(job.getId(), BigDecimal.valueOf(30));
      }
      System.out.println("status " + job.getStatus());
      System.out.println("result " + new ObjectMapper().writeValueAsString(job.getResult()));
    } catch (ApiException error) {
      // Without an answer the code is 0, and the reason is the cause.
      System.err.println(error.getCode() == 0 ? error : error.getCode() + " " + error.getResponseBody());
      System.exit(1);
    }
  }
}
