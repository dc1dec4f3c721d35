// Receives Chancery's callbacks: Go's standard library, no modules.
//
//	CHANCERY_CALLBACK_SECRET=whsec_... go run receiver.go 9000
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	tolerance = 5 * time.Minute
	maxBytes  = 1 << 20
)

type event struct {
	Type string `json:"type"`
	Data struct {
		ID string `json:"id"`
	} `json:"data"`
}

type receiver struct {
	secret []byte
	mutex  sync.Mutex
	seen   map[string]bool // keep the ids in your database, in the transaction that stores the event
}

func (r *receiver) isGenuine(id, timestamp, signatures string, body []byte) bool {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	mac := hmac.New(sha256.New, r.secret)
	fmt.Fprintf(mac, "%s.%s.", id, timestamp)
	mac.Write(body)
	expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	// After a change of the secret there are two signatures.
	for _, each := range strings.Split(signatures, " ") {
		if hmac.Equal([]byte(each), []byte(expected)) {
			return true
		}
	}
	return false
}

func (r *receiver) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	if request.Method != http.MethodPost {
		response.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, maxBytes))
	if err != nil {
		response.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	id, header := request.Header.Get("webhook-id"), request.Header
	if !r.isGenuine(id, header.Get("webhook-timestamp"), header.Get("webhook-signature"), body) {
		response.WriteHeader(http.StatusUnauthorized)
		return
	}
	if err := r.store(id, body); err != nil {
		response.WriteHeader(http.StatusInternalServerError)
		return
	}
	response.WriteHeader(http.StatusNoContent)
}

// store keeps an event once; process it after the answer.
func (r *receiver) store(id string, body []byte) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.seen[id] {
		return nil
	}
	var received event
	if err := json.Unmarshal(body, &received); err != nil {
		return err
	}
	fmt.Println(id, received.Type, received.Data.ID)
	r.seen[id] = true
	return nil
}

func main() {
	encoded := strings.TrimPrefix(os.Getenv("CHANCERY_CALLBACK_SECRET"), "whsec_")
	secret, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		log.Fatal("CHANCERY_CALLBACK_SECRET is not valid: ", err)
	}
	handler := &receiver{secret: secret, seen: map[string]bool{}}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], handler))
}
