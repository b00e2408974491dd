package metrics

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestGaugesAreThoseOfTheMoment(t *testing.T) {
	value := 1.0
	r := New(Options{Gauges: func() []Gauge {
		return []Gauge{
			{"AWS/SQS", "ApproximateNumberOfMessagesVisible", "Count", "QueueName", "jobs", value},
			{"AWS/SQS", "ApproximateAgeOfOldestMessage", "Seconds", "QueueName", "jobs", 1.5},
			{"AWS/SQS", "ApproximateNumberOfMessagesDelayed", "Count", "QueueName", "jobs", 0},
			{"AWS/SQS", "ApproximateNumberOfMessagesVisible", "Count", "QueueName", "letters", 7},
		}
	}})
	scrape(t, r, true)
	value = 2
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	const want = `# HELP aws_sqs_approximate_age_of_oldest_message_seconds ApproximateAgeOfOldestMessage of AWS/SQS, unit Seconds.
# TYPE aws_sqs_approximate_age_of_oldest_message_seconds gauge
aws_sqs_approximate_age_of_oldest_message_seconds{queue_name="jobs"} 1.5
# HELP aws_sqs_approximate_number_of_messages_delayed ApproximateNumberOfMessagesDelayed of AWS/SQS, unit Count.
# TYPE aws_sqs_approximate_number_of_messages_delayed gauge
aws_sqs_approximate_number_of_messages_delayed{queue_name="jobs"} 0
# HELP aws_sqs_approximate_number_of_messages_visible ApproximateNumberOfMessagesVisible of AWS/SQS, unit Count.
# TYPE aws_sqs_approximate_number_of_messages_visible gauge
aws_sqs_approximate_number_of_messages_visible{queue_name="jobs"} 2
aws_sqs_approximate_number_of_messages_visible{queue_name="letters"} 7
`
	if got := w.Body.String(); !strings.HasSuffix(got, want) {
		t.Errorf("got\n%s\nwant at its end\n%s", got, want)
	}
}
