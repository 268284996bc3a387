// Package sdk shows what an application with the published Go package finds at the server. That package sends no
// metadata, so everything happens in the default task hub, and no completion tokens.
package sdk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/microsoft/durabletask-go/api"
	"github.com/microsoft/durabletask-go/backend"
	"github.com/microsoft/durabletask-go/client"
	"github.com/microsoft/durabletask-go/task"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// Longer than anything here takes on a slow machine; a test that reaches it has failed.
const deadline = 30 * time.Second

var hub *client.TaskHubGrpcClient

// One worker does the work of all tests: without a task hub of its own a second one would take the first one's items.
func TestMain(m *testing.M) {
	connection, err := grpc.Dial(os.Getenv("PERDURA_TEST_ENDPOINT"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err)
	}
	hub = client.NewTaskHubGrpcClient(connection, backend.DefaultLogger())
	listening, stop := context.WithCancel(context.Background())
	if err := hub.StartWorkItemListener(listening, registry()); err != nil {
		panic(err)
	}
	code := m.Run()
	stop()
	connection.Close()
	os.Exit(code)
}

func registry() *task.TaskRegistry {
	r := task.NewTaskRegistry()
	for name, orchestrator := range map[string]task.Orchestrator{
		"Chain": chain, "FanOut": fanOut, "Broken": broken, "Caught": caught, "Retry": retry, "Parent": parent,
		"Echo": echo, "Timer": timer, "Event": event, "Impatient": impatient, "Countdown": countdown, "Collect": collect,
	} {
		if err := r.AddOrchestratorN(name, orchestrator); err != nil {
			panic(err)
		}
	}
	for name, activity := range map[string]task.Activity{"Hello": hello, "Square": square, "Fail": fail, "FailTwice": failTwice} {
		if err := r.AddActivityN(name, activity); err != nil {
			panic(err)
		}
	}
	return r
}

func chain(ctx *task.OrchestrationContext) (any, error) {
	var greeting string
	if err := ctx.GetInput(&greeting); err != nil {
		return nil, err
	}
	for i := 0; i < 3; i++ {
		if err := ctx.CallActivity("Hello", task.WithActivityInput(greeting)).Await(&greeting); err != nil {
			return nil, err
		}
	}
	return greeting, nil
}

func hello(ctx task.ActivityContext) (any, error) {
	var name string
	err := ctx.GetInput(&name)
	return "Hello " + name, err
}

func fanOut(ctx *task.OrchestrationContext) (any, error) {
	tasks := make([]task.Task, 50)
	for i := range tasks {
		tasks[i] = ctx.CallActivity("Square", task.WithActivityInput(i))
	}
	sum := 0
	for _, each := range tasks {
		var squared int
		if err := each.Await(&squared); err != nil {
			return nil, err
		}
		sum += squared
	}
	return sum, nil
}

func square(ctx task.ActivityContext) (any, error) {
	var n int
	err := ctx.GetInput(&n)
	return n * n, err
}

func broken(ctx *task.OrchestrationContext) (any, error) {
	return nil, ctx.CallActivity("Fail").Await(nil)
}

func caught(ctx *task.OrchestrationContext) (any, error) {
	return ctx.CallActivity("Fail").Await(nil).Error(), nil
}

func fail(task.ActivityContext) (any, error) {
	return nil, errors.New("out of paper")
}

var attempts = make(chan struct{}, 10)

func retry(ctx *task.OrchestrationContext) (any, error) {
	policy := &task.RetryPolicy{MaxAttempts: 5, InitialRetryInterval: 10 * time.Millisecond, BackoffCoefficient: 1}
	var result string
	err := ctx.CallActivity("FailTwice", task.WithActivityRetryPolicy(policy)).Await(&result)
	return result, err
}

func failTwice(task.ActivityContext) (any, error) {
	attempts <- struct{}{}
	if n := len(attempts); n <= 2 {
		return nil, fmt.Errorf("attempt %d", n)
	}
	return "third time lucky", nil
}

func parent(ctx *task.OrchestrationContext) (any, error) {
	var answer string
	err := ctx.CallSubOrchestrator("Echo", task.WithSubOrchestratorInput("from the parent"),
		task.WithSubOrchestrationInstanceID(string(ctx.ID)+"-child")).Await(&answer)
	return answer, err
}

func echo(ctx *task.OrchestrationContext) (any, error) {
	var input string
	err := ctx.GetInput(&input)
	return input, err
}

func timer(ctx *task.OrchestrationContext) (any, error) {
	return "rang", ctx.CreateTimer(500 * time.Millisecond).Await(nil)
}

func event(ctx *task.OrchestrationContext) (any, error) {
	ctx.SetCustomStatus("waiting")
	var payload string
	err := ctx.WaitForSingleEvent("Approval", -1).Await(&payload)
	return payload, err
}

func impatient(ctx *task.OrchestrationContext) (any, error) {
	err := ctx.WaitForSingleEvent("Approval", 200*time.Millisecond).Await(nil)
	return errors.Is(err, task.ErrTaskCanceled), nil
}

func countdown(ctx *task.OrchestrationContext) (any, error) {
	var n int
	if err := ctx.GetInput(&n); err != nil {
		return nil, err
	}
	if n > 0 {
		ctx.ContinueAsNew(n - 1)
	}
	return n, nil
}

// Takes one event in each execution; what came in the meantime goes along.
func collect(ctx *task.OrchestrationContext) (any, error) {
	var sum int
	if err := ctx.GetInput(&sum); err != nil {
		return nil, err
	}
	var n int
	if err := ctx.WaitForSingleEvent("Add", -1).Await(&n); err != nil {
		return nil, err
	}
	if n < 0 {
		return sum, nil
	}
	ctx.ContinueAsNew(sum+n, task.WithKeepUnprocessedEvents())
	return nil, nil
}

func start(t *testing.T, name string, options ...api.NewOrchestrationOptions) api.InstanceID {
	t.Helper()
	id := api.InstanceID("go-" + uuid.NewString())
	options = append([]api.NewOrchestrationOptions{api.WithInstanceID(id)}, options...)
	must(t, second(hub.ScheduleNewOrchestration(context.Background(), name, options...)))
	return id
}

func finished(t *testing.T, id api.InstanceID) *api.OrchestrationMetadata {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	state, err := hub.WaitForOrchestrationCompletion(ctx, id, api.WithFetchPayloads(true))
	must(t, err)
	return state
}

// The status and what the orchestration gave, as text.
func outcome(t *testing.T, id api.InstanceID) string {
	t.Helper()
	state := finished(t, id)
	return fmt.Sprintf("%s %s", state.RuntimeStatus, state.SerializedOutput)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func second[T any](_ T, err error) error { return err }

func expect(t *testing.T, actual, expected string) {
	t.Helper()
	if actual != expected {
		t.Fatalf("got %s, expected %s", actual, expected)
	}
}

// Waits for something that becomes visible a moment later.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(deadline); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s did not happen in time", what)
		}
	}
}

func status(t *testing.T, id api.InstanceID) string {
	t.Helper()
	state, err := hub.FetchOrchestrationMetadata(context.Background(), id)
	must(t, err)
	return state.RuntimeStatus.String()
}

const (
	completed  = "ORCHESTRATION_STATUS_COMPLETED"
	running    = "ORCHESTRATION_STATUS_RUNNING"
	suspended  = "ORCHESTRATION_STATUS_SUSPENDED"
	terminated = "ORCHESTRATION_STATUS_TERMINATED"
)

func TestActivitiesRunOneAfterTheOther(t *testing.T) {
	expect(t, outcome(t, start(t, "Chain", api.WithInput("Go"))), completed+` "Hello Hello Hello Go"`)
}

func TestFiftyActivitiesRunAtOnce(t *testing.T) {
	expect(t, outcome(t, start(t, "FanOut")), completed+" 40425")
}

func TestAFailedActivityFailsItsOrchestration(t *testing.T) {
	expect(t, finished(t, start(t, "Broken")).RuntimeStatus.String(), "ORCHESTRATION_STATUS_FAILED")
}

func TestAnOrchestratorLearnsWhyAnActivityFailed(t *testing.T) {
	expect(t, outcome(t, start(t, "Caught")), completed+` "task failed with an error: out of paper"`)
}

func TestAnActivityIsRetried(t *testing.T) {
	expect(t, outcome(t, start(t, "Retry")), completed+` "third time lucky"`)
}

func TestASubOrchestrationHasItsOwnInstance(t *testing.T) {
	id := start(t, "Parent")
	expect(t, outcome(t, id), completed+` "from the parent"`)
	expect(t, outcome(t, id+"-child"), completed+` "from the parent"`)
}

func TestATimerFiresNotBeforeItsTime(t *testing.T) {
	state := finished(t, start(t, "Timer"))
	if took := state.LastUpdatedAt.Sub(state.CreatedAt); took < 500*time.Millisecond {
		t.Fatalf("it took %s only", took)
	}
}

func TestAnEventIsWaitedFor(t *testing.T) {
	id := start(t, "Event")
	until(t, "the custom status", func() bool {
		state, err := hub.FetchOrchestrationMetadata(context.Background(), id, api.WithFetchPayloads(true))
		must(t, err)
		return state.SerializedCustomStatus == "waiting"
	})
	must(t, hub.RaiseEvent(context.Background(), id, "Approval", api.WithEventPayload("yes")))
	expect(t, outcome(t, id), completed+` "yes"`)
}

func TestAnEventBeforeItsWaitIsKept(t *testing.T) {
	id := start(t, "Event", api.WithStartTime(time.Now().Add(500*time.Millisecond)))
	must(t, hub.RaiseEvent(context.Background(), id, "Approval", api.WithEventPayload("early")))
	expect(t, outcome(t, id), completed+` "early"`)
}

func TestAWaitForAnEventEndsByItsTimer(t *testing.T) {
	expect(t, outcome(t, start(t, "Impatient")), completed+" true")
}

func TestContinueAsNewBeginsAgainWithAnotherInput(t *testing.T) {
	expect(t, outcome(t, start(t, "Countdown", api.WithInput(10))), completed+" 0")
}

func TestContinueAsNewTakesEventsAlong(t *testing.T) {
	id := start(t, "Collect", api.WithInput(0))
	for n := 1; n <= 20; n++ {
		must(t, hub.RaiseEvent(context.Background(), id, "Add", api.WithEventPayload(n)))
	}
	must(t, hub.RaiseEvent(context.Background(), id, "Add", api.WithEventPayload(-1)))
	expect(t, outcome(t, id), completed+" 210")
}

func TestATerminatedInstanceHasTheOutputOfTheCall(t *testing.T) {
	id := start(t, "Event")
	must(t, hub.TerminateOrchestration(context.Background(), id, api.WithOutput("enough")))
	expect(t, outcome(t, id), terminated+` "enough"`)
}

func TestASuspendedInstanceGoesOnWhenItIsResumed(t *testing.T) {
	id := start(t, "Event")
	must(t, hub.SuspendOrchestration(context.Background(), id, "lunch"))
	until(t, "the suspension", func() bool { return status(t, id) == suspended })
	must(t, hub.RaiseEvent(context.Background(), id, "Approval", api.WithEventPayload("yes")))
	expect(t, status(t, id), suspended)
	must(t, hub.ResumeOrchestration(context.Background(), id, "back"))
	expect(t, outcome(t, id), completed+` "yes"`)
}

func TestAnIdIsTakenWhileItsInstanceRuns(t *testing.T) {
	id := start(t, "Event")
	until(t, "the start", func() bool { return status(t, id) == running })
	if err := second(hub.ScheduleNewOrchestration(context.Background(), "Event", api.WithInstanceID(id))); err == nil {
		t.Fatal("the second start was accepted")
	}
	must(t, hub.TerminateOrchestration(context.Background(), id))
	finished(t, id)
}

func TestAPurgedInstanceIsGone(t *testing.T) {
	id := start(t, "Echo", api.WithInput("gone"))
	finished(t, id)
	must(t, hub.PurgeOrchestrationState(context.Background(), id))
	if err := second(hub.FetchOrchestrationMetadata(context.Background(), id)); !errors.Is(err, api.ErrInstanceNotFound) {
		t.Fatalf("got %v", err)
	}
}

func TestAnUnknownInstanceIsNotFound(t *testing.T) {
	if err := second(hub.FetchOrchestrationMetadata(context.Background(), "nobody")); !errors.Is(err, api.ErrInstanceNotFound) {
		t.Fatalf("got %v", err)
	}
}
