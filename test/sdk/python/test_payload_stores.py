"""Payload stores of the package: it keeps what is large elsewhere and sends a token, which the server passes on."""

from datetime import timedelta

from durabletask.azuremanaged.client import DurableTaskSchedulerClient
from durabletask.entities import DurableEntity, EntityInstanceId
from durabletask.payload import LargePayloadStorageOptions, PayloadStore
from hub import HubTest

TOKEN = "blob:v1:memory:"

LARGE = "x" * 1000


class MemoryStore(PayloadStore):
    """Keeps everything beyond 500 bytes in memory."""

    options = LargePayloadStorageOptions(threshold_bytes=500)

    def __init__(self):
        self.kept = []

    def upload(self, data, *, instance_id=None):
        self.kept.append(data)
        return f"{TOKEN}{len(self.kept) - 1}"

    def download(self, token):
        return self.kept[int(token.removeprefix(TOKEN))]

    async def upload_async(self, data, *, instance_id=None):
        return self.upload(data, instance_id=instance_id)

    async def download_async(self, token):
        return self.download(token)

    def is_known_token(self, value):
        return value.startswith(TOKEN)


class Box(DurableEntity):
    def put(self, value):
        self.set_state(value)
        return value


def echo(_, value):
    return value


def through_everything(context, value):
    """Takes its input through an activity, a child, an entity, an event and a new generation."""
    if value["left"] == 0:
        return value
    context.set_custom_status(value["text"])
    value = yield context.call_activity(echo, input=value)
    value = yield context.call_sub_orchestrator("child", input=value)
    value = yield context.call_entity(EntityInstanceId("Box", "x"), "put", value)
    event = yield context.wait_for_external_event("more")
    yield context.create_timer(timedelta(0))
    context.continue_as_new({"text": event, "left": value["left"] - 1})


def child(_, value):
    return value


class PayloadStores(HubTest):
    def setUp(self):
        super().setUp()
        self.store = MemoryStore()
        self.hub.work(
            orchestrators=[through_everything, child], activities=[echo], entities=[Box], payload_store=self.store
        )
        self.client = DurableTaskSchedulerClient(**self.hub.connection(), payload_store=self.store)
        self.addCleanup(self.client.close)

    def test_a_large_payload_comes_back_whole_from_wherever_it_went_and_the_server_only_has_its_token(self):
        instance_id = self.client.schedule_new_orchestration(through_everything, input={"text": LARGE, "left": 1})
        self.hub.until(instance_id, lambda state: state.serialized_custom_status is not None)
        self.client.raise_orchestration_event(instance_id, "more", data=LARGE)
        self.hub.end(instance_id)

        state = self.client.get_orchestration_state(instance_id)
        self.assert_completed(state, {"text": LARGE, "left": 0})
        self.assertEqual(state.get_input(), {"text": LARGE, "left": 0})
        # A client without the store sees what the server has.
        bare = self.hub.state(instance_id)
        for payload in (bare.serialized_input, bare.serialized_output):
            self.assertTrue(payload.startswith(TOKEN), payload)

    def test_the_state_of_an_entity_may_be_a_token(self):
        box = EntityInstanceId("Box", "y")
        self.client.signal_entity(box, "put", LARGE)

        self.assert_becomes(lambda: self.hub.client.get_entity(box) is not None, True)

        self.assertEqual(self.client.get_entity(box).get_typed_state(), LARGE)
        self.assertTrue(self.hub.client.get_entity(box).get_state().startswith(TOKEN))

    def test_what_is_small_goes_to_the_server_itself(self):
        state = self.hub.run(child, {"text": "small"})

        self.assert_completed(state, {"text": "small"})
        self.assertEqual(self.store.kept, [])
