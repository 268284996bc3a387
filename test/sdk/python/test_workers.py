import subprocess
import sys

from durabletask import task
from durabletask.worker import ConcurrencyOptions
from hub import Counter, HubTest

# A worker in a process of its own, whose activity says that it has begun and never ends.
STUCK_WORKER = """
import sys, threading
sys.path.insert(0, sys.argv[1])
import hub

def step(context, i):
    print("entered", flush=True)
    threading.Event().wait()

worker_hub = hub.Hub()
worker_hub.name = sys.argv[2]
worker_hub.work(activities=[step], filters="auto")
threading.Event().wait()
"""


def steps(context, count):
    served = []
    for i in range(count):
        served.append((yield context.call_activity("step", input=i)))
    return served


def step_of(worker):
    def step(_, i):
        return f"{worker}, step {i}"

    return step


class Workers(HubTest):
    def test_work_that_was_started_without_a_worker_is_done_when_one_comes(self):
        def greet(_, n):
            return f"hello {n}"

        ids = [self.hub.start(greet, n) for n in range(3)]
        self.hub.work(orchestrators=[greet])

        for n, instance_id in enumerate(ids):
            self.assert_completed(self.hub.end(instance_id), f"hello {n}")

    def test_a_worker_that_takes_over_goes_on_where_the_last_one_stopped(self):
        def paused(context, _):
            before = yield context.call_activity("step", input=1)
            context.set_custom_status("halfway")
            yield context.wait_for_external_event("go")
            return [before, (yield context.call_activity("step", input=2))]

        worker = self.hub.work(orchestrators=[paused], activities=[step_of("first worker")])
        instance_id = self.hub.start(paused)
        self.hub.until(instance_id, lambda state: state.get_custom_status() == "halfway")
        self.hub.stop(worker)
        self.hub.client.raise_orchestration_event(instance_id, "go")
        self.hub.work(orchestrators=[paused], activities=[step_of("second worker")])

        self.assert_completed(self.hub.end(instance_id), ["first worker, step 1", "second worker, step 2"])

    def test_an_activity_of_a_killed_worker_is_given_to_the_next_one(self):
        self.hub.work(orchestrators=[steps], filters="auto")
        here = sys.path[0]
        process = subprocess.Popen(
            [sys.executable, "-c", STUCK_WORKER, here, self.hub.name], stdout=subprocess.PIPE, text=True
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

        instance_id = self.hub.start(steps, 2)
        self.assertEqual(process.stdout.readline(), "entered\n")
        process.kill()
        self.hub.work(activities=[step_of("heir")], filters="auto")

        self.assert_completed(self.hub.end(instance_id), ["heir, step 0", "heir, step 1"])

    def test_two_workers_on_one_hub_share_a_wide_fan_out_each_activity_running_once(self):
        ran, served = [], [Counter(), Counter()]

        def fan_out(context, _):
            return (yield task.when_all([context.call_activity("once", input=i) for i in range(100)]))

        def once_of(mine):
            def once(_, i):
                ran.append(i)
                mine.arrive()
                # Nobody gives a result before both workers have work, so neither can do everything alone.
                for counter in served:
                    counter.reached(1)
                return i

            return once

        for mine in served:
            self.hub.work(orchestrators=[fan_out], activities=[once_of(mine)])

        self.assert_completed(self.hub.run(fan_out), list(range(100)))
        self.assertEqual(sorted(ran), list(range(100)))

    def test_a_worker_that_takes_one_activity_at_a_time_leaves_the_rest_to_others(self):
        taken, done = Counter(), Counter()

        def fan_out(context, _):
            return (yield task.when_all([context.call_activity("once", input=i) for i in range(20)]))

        def busy(*_):
            taken.arrive()
            # Ends only when the other worker has done everything else.
            done.reached(19)
            return "busy"

        def idle(*_):
            done.arrive()
            return "idle"

        busy.__name__ = idle.__name__ = "once"
        one = ConcurrencyOptions(maximum_concurrent_activity_work_items=1)
        self.hub.work(activities=[busy], filters="auto", concurrency_options=one)
        instance_id = self.hub.start(fan_out)
        self.hub.work(orchestrators=[fan_out], filters="auto")
        taken.reached(1)
        self.hub.work(activities=[idle], filters="auto")

        state = self.hub.end(instance_id)

        self.assert_completed(state)
        self.assertEqual(sorted(state.get_output()), ["busy"] + ["idle"] * 19)
        self.assertEqual(taken.count, 1)
