from durabletask import task
from hub import Counter, HubTest


def add_one(_, value):
    return value + 1


def chain(context, start):
    results = [start]
    for _ in range(5):
        results.append((yield context.call_activity(add_one, input=results[-1])))
    return results


class Activities(HubTest):
    def test_a_chain_of_activities_hands_each_result_to_the_next(self):
        self.hub.work(orchestrators=[chain], activities=[add_one])

        state = self.hub.run(chain, 1)

        self.assert_completed(state, [1, 2, 3, 4, 5, 6])
        self.assertEqual(state.name, "chain")
        self.assertIsNone(state.failure_details)

    def test_a_fan_out_of_100_gathers_every_result_in_the_order_of_the_calls(self):
        ran = []

        def square(_, value):
            ran.append(value)
            return value * value

        def fan_out(context, width):
            return (yield task.when_all([context.call_activity(square, input=i) for i in range(width)]))

        self.hub.work(orchestrators=[fan_out], activities=[square])

        self.assert_completed(self.hub.run(fan_out, 100), [i * i for i in range(100)])
        self.assertEqual(sorted(ran), list(range(100)))

    def test_the_activities_of_a_fan_out_run_side_by_side(self):
        running = Counter()

        def meet(_, value):
            running.arrive()
            running.reached(20)
            return value

        def fan_out(context, _):
            return (yield task.when_all([context.call_activity(meet, input=i) for i in range(20)]))

        self.hub.work(orchestrators=[fan_out], activities=[meet])

        self.assert_completed(self.hub.run(fan_out), list(range(20)))

    def test_an_activity_learns_whose_it_is_and_which_call_it_serves(self):
        def who_am_i(context, _):
            return [context.orchestration_id, context.task_id]

        def ask_twice(context, _):
            first = yield context.call_activity(who_am_i)
            second = yield context.call_activity(who_am_i)
            return [first, second]

        self.hub.work(orchestrators=[ask_twice], activities=[who_am_i])

        state = self.hub.run(ask_twice)

        self.assert_completed(state, [[state.instance_id, 1], [state.instance_id, 2]])

    def test_replays_see_the_same_time_and_make_the_same_uuids_as_the_first_run(self):
        runs = []

        def remember(context, _):
            seen = []
            runs.append(seen)
            for step in range(3):
                seen.append((context.current_utc_datetime, context.new_uuid()))
                yield context.call_activity(add_one, input=step)

        self.hub.work(orchestrators=[remember], activities=[add_one])

        self.assert_completed(self.hub.run(remember))

        last = runs[-1]
        self.assertEqual(len(set(last)), 3)
        self.assertEqual(last, sorted(last, key=lambda pair: pair[0]))
        self.assertGreater(len(runs), 1)
        for run in runs:
            self.assertEqual(run, last[: len(run)])

    def test_thirty_orchestrations_at_once_all_end_with_their_own_results(self):
        self.hub.work(orchestrators=[chain], activities=[add_one])

        ids = [self.hub.start(chain, 10 * i) for i in range(30)]

        for i, instance_id in enumerate(ids):
            self.assert_completed(self.hub.end(instance_id), list(range(10 * i, 10 * i + 6)))

    def test_activities_that_nobody_waits_for_still_run(self):
        ran = Counter()

        def note(*_):
            ran.arrive()

        def forget(context, values):
            yield context.call_activity(add_one, input=1)
            for value in values:
                context.call_activity(note, input=value)
            return "gone"

        self.hub.work(orchestrators=[forget], activities=[add_one, note])

        self.assert_completed(self.hub.run(forget, [1, 2, 3]), "gone")
        ran.reached(3)
